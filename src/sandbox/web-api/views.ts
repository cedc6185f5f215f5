import type { Ids } from '../../base/ids.ts';
import { checkView } from '../blocks/check-blocks.ts';
import { fillIds } from '../blocks/elements-of.ts';
import { stateValues } from '../blocks/state-values.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import { type View, wireView } from '../workspace/views.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Args, invalidArguments, type Methods, SlackError } from './call.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly ids: Ids;
}

/** The `views.*` family. */
export function viewMethods(deps: Deps): Methods {
  return {
    'views.open': { tier: 'tier4', token: 'bot', run: (args) => open(deps, args) },
    'views.push': { tier: 'tier4', token: 'bot', run: (args) => push(deps, args) },
    'views.update': { tier: 'tier4', token: 'bot', run: (args) => update(deps, args) },
    'views.publish': { tier: 'tier4', token: 'bot', run: (args) => publish(deps, args) },
  };
}

/** A view after Slack's checks, its ids filled in. Throws `invalid_arguments`. */
export function parseView(view: unknown, type: 'modal' | 'home', ids: Ids): JsonObject {
  const problems = checkView(view);
  if (problems.length > 0 || !isObject(view)) {
    throw invalidArguments(problems.map(({ message, pointer }) => `${message} [json-pointer:${pointer}]`));
  }
  if (view['type'] !== type) throw invalidArguments([`must be a ${type} view [json-pointer:/view/type]`]);
  return { ...view, blocks: fillIds(objectsOf(view['blocks']), ids) };
}

/** Shows other content in a view; what people entered stays where block_id and action_id stay. */
export function replaceContent(workspace: Workspace, view: View, content: JsonObject): View {
  const values = stateValues(objectsOf(content['blocks']), {}, view.values);
  return workspace.views.replace(view, { content, values });
}

function open({ workspace, ids }: Deps, args: Args): JsonObject {
  const user = exchange(workspace, args);
  const content = parseView(args.json('view'), 'modal', ids);
  refuseKnownExternalId(workspace, content);
  const opened = workspace.views.open(user, content);
  return { view: wireView(replaceContent(workspace, opened, content), workspace.directory) };
}

function push({ workspace, ids }: Deps, args: Args): JsonObject {
  const user = exchange(workspace, args);
  const content = parseView(args.json('view'), 'modal', ids);
  refuseKnownExternalId(workspace, content);
  const pushed = workspace.views.push(user, content);
  if (pushed === undefined) throw new SlackError('push_limit_reached');
  return { view: wireView(replaceContent(workspace, pushed, content), workspace.directory) };
}

function update({ workspace, ids }: Deps, args: Args): JsonObject {
  const { views } = workspace;
  const externalId = args.text('external_id');
  const view = externalId ? views.findByExternalId(externalId) : views.find(args.required('view_id'));
  if (view === undefined) throw new SlackError('not_found');
  refuseOldHash(args, view);
  const content = parseView(args.json('view'), view.type, ids);
  return { view: wireView(replaceContent(workspace, view, content), workspace.directory) };
}

function publish({ workspace, ids }: Deps, args: Args): JsonObject {
  const user = args.required('user_id');
  if (!workspace.directory.people.some((member) => member.id === user)) throw new SlackError('user_not_found');
  const current = workspace.views.home(user);
  if (current !== undefined) refuseOldHash(args, current);
  const content = parseView(args.json('view'), 'home', ids);
  const published = workspace.views.publish(user, content);
  return { view: wireView(replaceContent(workspace, published, content), workspace.directory) };
}

function exchange(workspace: Workspace, args: Args): string {
  const exchanged = workspace.triggers.exchange(args.required('trigger_id'));
  if (!exchanged.ok) throw new SlackError(exchanged.error);
  return exchanged.user;
}

function refuseOldHash(args: Args, view: View): void {
  const hash = args.text('hash');
  if (hash !== undefined && hash !== '' && hash !== view.hash) throw new SlackError('hash_conflict');
}

function refuseKnownExternalId(workspace: Workspace, content: JsonObject): void {
  const externalId = content['external_id'];
  if (typeof externalId !== 'string' || externalId === '') return;
  if (workspace.views.findByExternalId(externalId)) throw new SlackError('duplicate_external_id');
}
