import type { Ids } from '../../base/ids.ts';
import { checkView, isTooLarge } from '../blocks/check-blocks.ts';
import { fillIds } from '../blocks/elements-of.ts';
import { stateValues } from '../blocks/state-values.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import type { TriggeredBy } from '../workspace/triggers.ts';
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
    'views.open': { tier: 'tier4', token: 'bot', scopes: [], run: (args) => open(deps, args) },
    'views.push': { tier: 'tier4', token: 'bot', scopes: [], run: (args) => push(deps, args) },
    'views.update': { tier: 'tier4', token: 'bot', scopes: [], run: (args) => update(deps, args) },
    'views.publish': { tier: 'tier4', token: 'bot', scopes: [], run: (args) => publish(deps, args) },
  };
}

/** A view after Slack's checks, its ids filled in. Throws `invalid_arguments` and `view_too_large`. */
export function parseView(view: unknown, type: 'modal' | 'home', { ids, workspace }: Deps): JsonObject {
  if (isTooLarge(view)) throw new SlackError('view_too_large');
  const problems = checkView(view, (id) => workspace.files.find(id)?.completed === true);
  if (problems.length > 0 || !isObject(view)) {
    throw invalidArguments(problems.map(({ message, pointer }) => `${message} [json-pointer:${pointer}]`));
  }
  if (view['type'] !== type) throw invalidArguments([`must be a ${type} view [json-pointer:/view/type]`]);
  return { ...view, blocks: fillIds(objectsOf(view['blocks']), ids) };
}

/** Shows other content in a view; what people entered stays where block_id and action_id stay. */
export function replaceContent(workspace: Workspace, view: View, content: JsonObject): View {
  const values = stateValues(objectsOf(content['blocks']), {}, view);
  return workspace.views.replace(view, { content, values });
}

function open(deps: Deps, args: Args): JsonObject {
  const { workspace } = deps;
  const content = parseView(args.json('view'), 'modal', deps);
  refuseKnownExternalId(workspace, content);
  const { user, channel } = exchange(workspace, args);
  const opened = workspace.views.open(user, content, channel);
  return { view: wireView(replaceContent(workspace, opened, content), workspace.directory) };
}

function push(deps: Deps, args: Args): JsonObject {
  const { workspace } = deps;
  const content = parseView(args.json('view'), 'modal', deps);
  refuseKnownExternalId(workspace, content);
  const { user } = exchange(workspace, args);
  if (workspace.views.top(user) === undefined) throw new SlackError('not_found');
  const pushed = workspace.views.push(user, content);
  if (pushed === undefined) throw new SlackError('push_limit_reached');
  return { view: wireView(replaceContent(workspace, pushed, content), workspace.directory) };
}

function update(deps: Deps, args: Args): JsonObject {
  const { workspace } = deps;
  const { views } = workspace;
  const externalId = args.text('external_id');
  const view = externalId ? views.findByExternalId(externalId) : views.find(args.required('view_id'));
  if (view === undefined) throw new SlackError('not_found');
  refuseOldHash(args, view);
  const content = parseView(args.json('view'), view.type, deps);
  return { view: wireView(replaceContent(workspace, view, content), workspace.directory) };
}

function publish(deps: Deps, args: Args): JsonObject {
  const { workspace } = deps;
  const user = args.required('user_id');
  if (!workspace.directory.people.some((member) => member.id === user)) throw new SlackError('user_not_found');
  const current = workspace.views.home(user);
  if (current !== undefined) refuseOldHash(args, current);
  const content = parseView(args.json('view'), 'home', deps);
  const published = workspace.views.publish(user, content);
  return { view: wireView(replaceContent(workspace, published, content), workspace.directory) };
}

function exchange(workspace: Workspace, args: Args): TriggeredBy {
  const exchanged = workspace.triggers.exchange(args.required('trigger_id'));
  if (!exchanged.ok) throw new SlackError(exchanged.error);
  return exchanged.by;
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
