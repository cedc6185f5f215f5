import { askToConfirm } from './dialogs.ts';
import { h } from './dom.ts';
import { isObject, type JsonObject, object, text } from './json.ts';
import type { Entry } from './model.ts';
import type { Surface } from './surface.ts';
import { showToast } from './toasts.ts';

/** An element and the block that it is in. */
export interface Placed {
  readonly element: JsonObject;
  readonly block: JsonObject;
  readonly surface: Surface;
  /** Whether using it tells the bot at once; inputs of a modal wait for the modal to be sent. */
  readonly tells: boolean;
}

/** Uses an element: asks first when it wants that, tells the bot, and marks it when the bot did not answer. */
export async function useElement(placed: Placed, entry: Entry, source: HTMLElement): Promise<void> {
  const { element, block, surface } = placed;
  const confirm = element['confirm'];
  if (isObject(confirm) && !(await askToConfirm(confirm, surface.names))) return;
  source.setAttribute('aria-busy', 'true');
  const failure = await surface.use({ blockId: text(block['block_id']), actionId: text(element['action_id']), entry });
  source.removeAttribute('aria-busy');
  markFailure(source, failure);
}

function markFailure(source: HTMLElement, failure: string | undefined): void {
  source.parentElement?.querySelector(':scope > .element-failure')?.remove();
  if (failure === undefined) return;
  source.after(h('span', { class: 'element-failure', role: 'img', title: failure, 'aria-label': failure }, '⚠'));
  showToast(failure);
}

/** The words that name an element for people who do not see it. */
export function labelOf(block: JsonObject): string {
  return text(object(block['label'])['text']) || text(object(block['text'])['text']) || 'Choose';
}
