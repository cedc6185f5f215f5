import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { wireFile } from '../workspace/files.ts';
import type { Conversation } from '../workspace/directory.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, invalidArguments, type Method, type Methods, SlackError, createArgs } from './call.ts';
import { parseSaid } from './messages.ts';
import { threadOf, writableOf } from './places.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly origin: () => string;
}

/** The `files.*` family: announce, send the bytes, complete. */
export function fileMethods(deps: Deps): Methods {
  const writes = { tier: 'tier4', token: 'bot', scopes: ['files:write'] } as const;
  return {
    'files.getUploadURLExternal': { ...writes, run: (args) => announce(deps, args) },
    'files.completeUploadExternal': { ...writes, run: (args) => complete(deps, args) },
    'files.info': {
      tier: 'tier4',
      token: 'bot',
      scopes: ['files:read'],
      run: (args) => {
        const file = deps.workspace.files.find(args.required('file'));
        if (!file?.completed) throw new SlackError('file_not_found');
        return { file: wireFile(file, deps.clock) };
      },
    },
  } satisfies Record<string, Method>;
}

function announce({ workspace, origin }: Deps, args: Args): JsonObject {
  const bytes = args.number('length');
  const name = args.required('filename');
  if (bytes === undefined || bytes <= 0) throw invalidArguments(['missing required field: length']);
  const altText = args.text('alt_text') ?? args.text('alt_txt') ?? '';
  const { file, ticket } = workspace.files.announce({ name, bytes, altText });
  return { upload_url: `${origin()}/upload/${ticket}`, file_id: file.id };
}

function complete(deps: Deps, args: Args): JsonObject {
  const { workspace, clock } = deps;
  const wanted = objectsOf(args.json('files'));
  if (wanted.length === 0) throw invalidArguments(['missing required field: files']);
  const targets = targetsOf(deps, args);
  const files = wanted.map(({ id, title }) => {
    const file = workspace.files.find(textOf(id) ?? '');
    if (file?.bytes === undefined) throw new SlackError('file_not_found');
    return workspace.files.complete(file.id, textOf(title)) ?? file;
  });
  const shown = files.map((file) => wireFile(file, clock));
  for (const channel of targets) share(deps, args, shown, channel);
  return { files: shown };
}

/** Where the files go: one channel, or several by their ids; nowhere when none is named. */
function targetsOf({ workspace }: Deps, args: Args): readonly Conversation[] {
  const ids = [args.text('channel_id') ?? '', ...(args.text('channels') ?? '').split(',')];
  return ids.filter((id) => id !== '').map((channel) => writableOf(createArgs({ channel }), workspace));
}

function share(deps: Deps, args: Args, files: readonly JsonObject[], channel: Conversation): void {
  const { workspace, ids } = deps;
  const threadTs = threadOf(args, channel, workspace);
  const said = parseSaid(args, { ids, files: workspace.files });
  workspace.messages.post({
    channel: channel.id,
    user: workspace.directory.bot.id,
    botId: workspace.directory.botId,
    text: args.text('initial_comment') ?? '',
    files,
    ...(said.blocks && { blocks: said.blocks }),
    ...(threadTs && { threadTs }),
  });
}
