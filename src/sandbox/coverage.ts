/** How far the sandbox follows Slack: as far as its documents say, in part, or not at all. */
type Level = 'supported' | 'partial' | 'absent';

/** One thing that a bot may use, and how far the sandbox has it. */
export interface Coverage {
  readonly kind: 'method' | 'payload' | 'event' | 'frame' | 'block' | 'element';
  readonly name: string;
  readonly level: Level;
  /** What is missing, where something is. */
  readonly note?: string;
}

function all(kind: Coverage['kind'], level: Level, names: readonly string[]): readonly Coverage[] {
  return names.map((name) => ({ kind, name, level }));
}

function part(kind: Coverage['kind'], name: string, note: string): Coverage {
  return { kind, name, level: 'partial', note };
}

/** What the sandbox can do. A test calls every line of it. */
export const COVERAGE: readonly Coverage[] = [
  ...all('method', 'supported', [
    'api.test',
    'apps.connections.open',
    'auth.test',
    'chat.delete',
    'chat.getPermalink',
    'chat.postEphemeral',
    'chat.update',
    'conversations.history',
    'conversations.list',
    'conversations.members',
    'conversations.replies',
    'files.completeUploadExternal',
    'files.getUploadURLExternal',
    'usergroups.list',
    'usergroups.users.list',
    'users.info',
    'users.list',
    'views.open',
    'views.publish',
    'views.push',
    'views.update',
  ]),
  part('method', 'chat.postMessage', 'attachments, username, icons and reply_broadcast are ignored; nothing unfurls'),
  part('method', 'conversations.info', 'only the fields that tell kinds of conversations apart'),
  part('method', 'conversations.open', 'direct messages with one member; no group messages'),
  part('method', 'files.info', 'no download URL; the page shows files itself'),
  ...all('method', 'absent', [
    'blocks.validate',
    'bookmarks.add',
    'canvases.create',
    'chat.scheduleMessage',
    'chat.startStream',
    'chat.unfurl',
    'conversations.create',
    'conversations.invite',
    'conversations.join',
    'dialog.open',
    'files.upload',
    'oauth.v2.access',
    'pins.add',
    'reactions.add',
    'reminders.add',
    'search.messages',
    'team.info',
    'users.lookupByEmail',
    'workflows.stepCompleted',
  ]),
  ...all('payload', 'supported', [
    'block_actions',
    'message_action',
    'shortcut',
    'slash_commands',
    'view_closed',
    'view_submission',
  ]),
  ...all('payload', 'absent', ['block_suggestion', 'dialog_submission', 'interactive_message', 'workflow_step_edit']),
  ...all('event', 'supported', ['app_home_opened', 'app_mention']),
  part(
    'event',
    'message',
    'what people write where the bot is, if it subscribed; not its own messages, edits and deletions',
  ),
  ...all('event', 'absent', ['app_uninstalled', 'member_joined_channel', 'reaction_added', 'user_change']),
  ...all('frame', 'supported', ['disconnect', 'events_api', 'hello', 'interactive', 'slash_commands']),
  ...all('block', 'supported', ['actions', 'context', 'divider', 'header', 'input', 'rich_text', 'section', 'table']),
  part('block', 'file', 'checked, shown as a placeholder'),
  part('block', 'image', 'uploaded images are shown, those of other hosts are links'),
  part('block', 'markdown', 'headings, lists, quotes, fences, emphasis and links; no tables, no nesting'),
  ...all('block', 'absent', [
    'alert',
    'card',
    'carousel',
    'container',
    'context_actions',
    'data_table',
    'data_visualization',
    'plan',
    'task_card',
    'video',
  ]),
  ...all('element', 'supported', [
    'button',
    'channels_select',
    'checkboxes',
    'conversations_select',
    'datepicker',
    'multi_channels_select',
    'multi_conversations_select',
    'multi_static_select',
    'multi_users_select',
    'number_input',
    'overflow',
    'plain_text_input',
    'radio_buttons',
    'static_select',
    'timepicker',
    'users_select',
  ]),
  part('element', 'email_text_input', 'any text passes'),
  part('element', 'url_text_input', 'any text passes'),
  ...all('element', 'absent', [
    'datetimepicker',
    'external_select',
    'feedback_buttons',
    'file_input',
    'multi_external_select',
    'rich_text_input',
    'workflow_button',
  ]),
];
