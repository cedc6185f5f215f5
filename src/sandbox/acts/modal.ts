import { elementsOf } from '../blocks/elements-of.ts';
import { missingEntries } from '../blocks/missing-entries.ts';
import { type Entries, stateValues } from '../blocks/state-values.ts';
import { isObject, type JsonObject, textOf } from '../json.ts';
import { SlackError } from '../web-api/call.ts';
import { parseView, replaceContent } from '../web-api/views.ts';
import { type View, wireView } from '../workspace/views.ts';
import { type ActDeps, type ActResult, resultOf } from './act.ts';
import { blocksOf, modalOf } from './interact.ts';
import { interactiveBase } from './payloads.ts';

/** A person sends the modal in front of them. The bot's ack decides whether it closes, changes or shows errors. */
export async function submitModal(deps: ActDeps, input: { user: string; entries: Entries }): Promise<ActResult> {
  const { workspace } = deps;
  const { user, view } = modalOf(deps, input.user);
  const values = stateValues(blocksOf(view), input.entries, view);
  const filled = workspace.views.replace(view, { values });
  const missing = missingEntries(blocksOf(view), values);
  if (Object.keys(missing).length > 0) return { ok: false, error: 'incomplete', errors: missing };
  const payload = {
    type: 'view_submission',
    ...interactiveBase(workspace.directory, user),
    trigger_id: workspace.triggers.issue(user.id),
    view: wireView(filled, workspace.directory),
    response_urls: responseUrls(deps, filled),
  };
  const delivery = await deps.courier.deliver({ type: 'interactive', payload });
  if (delivery.outcome !== 'acked') return resultOf(delivery);
  return follow(deps, filled, delivery.payload) ?? resultOf(delivery);
}

/** A person closes the modal in front of them. The bot hears of it when it asked to. */
export async function closeModal(deps: ActDeps, input: { user: string }): Promise<ActResult> {
  const { workspace } = deps;
  const { user, view } = modalOf(deps, input.user);
  const cleared = view.content['clear_on_close'] === true;
  if (cleared) workspace.views.closeAll(user.id);
  else workspace.views.pop(user.id);
  if (view.content['notify_on_close'] !== true) return { ok: true };
  const payload = {
    type: 'view_closed',
    ...interactiveBase(workspace.directory, user),
    view: wireView(view, workspace.directory),
    is_cleared: cleared,
  };
  return resultOf(await deps.courier.deliver({ type: 'interactive', payload }));
}

/** One response_url for each chosen conversation whose select asks for it. */
function responseUrls({ workspace, origin }: ActDeps, view: View): readonly JsonObject[] {
  return blocksOf(view).flatMap((block) =>
    elementsOf(block).flatMap((element) => {
      const states = view.values[textOf(block['block_id']) ?? ''];
      const state = isObject(states) ? states[textOf(element['action_id']) ?? ''] : undefined;
      const chosen = isObject(state) ? textOf(state['selected_conversation'] ?? state['selected_channel']) : undefined;
      if (element['response_url_enabled'] !== true || chosen === undefined) return [];
      const url = origin() + workspace.responseUrls.issue({ channel: chosen, user: view.user });
      return [{ block_id: block['block_id'], action_id: element['action_id'], channel_id: chosen, response_url: url }];
    }),
  );
}

/** Does what the ack of a submission says; a result when the person has to hear of it. */
function follow(deps: ActDeps, view: View, ack: JsonObject): ActResult | undefined {
  const { views } = deps.workspace;
  const action = ack['response_action'];
  if (action === 'errors') return { ok: false, error: 'refused', errors: errorsOf(view, ack['errors']) };
  if (action === 'clear') {
    views.closeAll(view.user);
    return undefined;
  }
  if (action === 'update' || action === 'push') return show(deps, view, ack, action);
  if (views.top(view.user)?.id === view.id) views.pop(view.user);
  return undefined;
}

function show(deps: ActDeps, view: View, ack: JsonObject, action: 'update' | 'push'): ActResult | undefined {
  try {
    const content = parseView(ack['view'], 'modal', deps);
    const shown = action === 'push' ? deps.workspace.views.push(view.user, content) : view;
    if (shown === undefined) return { ok: false, error: 'push_limit_reached' };
    replaceContent(deps.workspace, shown, content);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SlackError) return { ok: false, error: thrown.error, errors: problemsOf(thrown) };
    throw thrown;
  }
}

/** Slack drops errors for blocks that are not inputs of the view. */
function errorsOf(view: View, errors: unknown): Readonly<Record<string, string>> {
  const inputs = blocksOf(view).filter((block) => block['type'] === 'input');
  const known = new Set(inputs.map((block) => block['block_id']));
  return Object.fromEntries(
    Object.entries(isObject(errors) ? errors : {})
      .filter(([blockId]) => known.has(blockId))
      .map(([blockId, message]) => [blockId, String(message)]),
  );
}

function problemsOf(refusal: SlackError): Readonly<Record<string, string>> {
  return { view: JSON.stringify(refusal.extra['errors'] ?? []) };
}
