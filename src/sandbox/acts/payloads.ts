import type { JsonObject } from '../json.ts';
import { type Conversation, type Directory, isDirect, type SandboxMember } from '../workspace/directory.ts';

/* Field names and places: docs.slack.dev/reference/interaction-payloads and /interactivity/implementing-slash-commands. */

/** What Slack's verification token was; Socket Mode ignores it. */
const TOKEN = 'sandbox';

/** The fields of every interactive payload. */
export function interactiveBase(directory: Directory, user: SandboxMember): JsonObject {
  return {
    api_app_id: directory.appId,
    token: TOKEN,
    team: { id: directory.teamId, domain: directory.teamName },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId ?? directory.teamId },
    is_enterprise_install: false,
    enterprise: null,
  };
}

/** A channel as interactive payloads name it. */
export function channelRef(channel: Conversation): JsonObject {
  if (isDirect(channel)) return { id: channel.id, name: 'directmessage' };
  return { id: channel.id, name: channel.isPrivate === true ? 'privategroup' : channel.name };
}

/** The payload of a slash command. */
export function commandPayload(input: {
  readonly directory: Directory;
  readonly user: SandboxMember;
  readonly channel: Conversation;
  readonly command: string;
  readonly text: string;
  readonly responseUrl: string;
  readonly triggerId: string;
}): JsonObject {
  const { directory, user, channel } = input;
  return {
    token: TOKEN,
    team_id: user.teamId ?? directory.teamId,
    team_domain: directory.teamName,
    channel_id: channel.id,
    channel_name: channelRef(channel)['name'],
    user_id: user.id,
    user_name: user.name,
    command: input.command,
    text: input.text,
    api_app_id: directory.appId,
    is_enterprise_install: 'false',
    response_url: input.responseUrl,
    trigger_id: input.triggerId,
  };
}

/** The outer payload of an event. */
export function eventPayload(input: {
  readonly directory: Directory;
  readonly event: JsonObject;
  readonly eventId: string;
  readonly timeS: number;
  readonly isExtShared: boolean;
}): JsonObject {
  const { directory } = input;
  return {
    type: 'event_callback',
    token: TOKEN,
    team_id: directory.teamId,
    api_app_id: directory.appId,
    event_id: `Ev${input.eventId}`,
    event_time: input.timeS,
    authorizations: [
      {
        enterprise_id: null,
        team_id: directory.teamId,
        user_id: directory.bot.id,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: input.isExtShared,
    event: input.event,
  };
}
