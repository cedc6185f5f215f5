import { blocksView } from './blocks-view.ts';
import { h } from './dom.ts';
import { textView } from './dialogs.ts';
import { entryFromState } from './entries.ts';
import { object, text } from './json.ts';
import type { Entries, View } from './model.ts';
import type { Page } from './page.ts';
import { namesFor } from './state.ts';
import { createInputs, failureText, type Inputs, type Surface } from './surface.ts';

/** The modal in front of the member, as a dialog that is open or not there. */
export interface ModalHost {
  /** Shows the state's modal; what was typed stays where an input stays. */
  draw(): void;
}

interface Open {
  readonly view: View;
  readonly inputs: Inputs;
}

/** A host with one dialog element. */
export function createModalHost(page: Page, dialog: HTMLDialogElement): ModalHost {
  let open: Open | undefined;
  let owner = '';
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    void page.api.act('view-close', { user: page.state.me });
  });
  return {
    draw: () => {
      const { modal, me } = page.state;
      if (modal === null) {
        open = undefined;
        dialog.close();
        dialog.replaceChildren();
        return;
      }
      if (open?.view.id === modal.id && open.view.hash === modal.hash && owner === me) return;
      const kept = open?.view.id === modal.id && owner === me ? open.inputs.entries() : {};
      const inputs = createInputs();
      open = { view: modal, inputs };
      owner = me;
      const focus = focusIn(dialog);
      dialog.replaceChildren(modalView(page, modal, inputs, kept));
      if (!dialog.open) dialog.showModal();
      if (!focus(dialog)) firstInput(dialog, modal)?.focus();
    },
  };
}

/** Remembers where in a dialog the person is; the result goes there again and says whether it could. */
function focusIn(dialog: HTMLElement): (again: HTMLElement) => boolean {
  const held = document.activeElement;
  const blockId = held?.closest<HTMLElement>('[data-block-id]')?.dataset['blockId'];
  const actionId = held?.getAttribute('data-action-id');
  if (held === null || !dialog.contains(held) || blockId === undefined || !actionId) return () => false;
  const caret = held instanceof HTMLInputElement || held instanceof HTMLTextAreaElement ? held.selectionStart : null;
  return (again) => {
    const place = `[data-block-id="${CSS.escape(blockId)}"] [data-action-id="${CSS.escape(actionId)}"]`;
    const target = again.querySelector<HTMLElement>(place);
    target?.focus();
    const isText = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (isText && caret !== null) target.setSelectionRange(caret, caret);
    return target !== null;
  };
}

/** The element that asks for the focus, or else the first one. */
function firstInput(dialog: HTMLElement, view: View): HTMLElement | null {
  const eager = view.blocks.map((block) => object(block['element'])).find((one) => one['focus_on_load'] === true);
  const wanted =
    eager && dialog.querySelector<HTMLElement>(`[data-action-id="${CSS.escape(text(eager['action_id']))}"]`);
  return wanted ?? dialog.querySelector('.blocks input, .blocks select, .blocks textarea, .blocks button');
}

function modalView(page: Page, view: View, inputs: Inputs, kept: Entries): HTMLElement {
  const names = namesFor(page.state);
  const problem = h('p', { class: 'modal-problem', role: 'alert' });
  const closeModal = (): void => void page.api.act('view-close', { user: page.state.me });
  const close = h(
    'button',
    { type: 'button', class: 'button', onclick: closeModal },
    view.close ? textView(view.close, names) : 'Cancel',
  );
  const submit =
    view.submit !== null && h('button', { type: 'submit', class: 'button primary' }, textView(view.submit, names));
  const form = h(
    'form',
    { novalidate: true },
    h('header', {}, h('h2', { id: 'modal-title' }, view.title ? textView(view.title, names) : ''), cross(closeModal)),
    h('div', { class: 'modal-body' }, blocksView(view.blocks, surfaceOf(page, view, inputs, kept)), problem),
    h('footer', { class: 'dialog-buttons' }, close, submit),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    form.setAttribute('aria-busy', 'true');
    const result = await page.api.act('view-submit', { user: page.state.me, values: inputs.entries() });
    form.removeAttribute('aria-busy');
    showErrors(form, result.errors ?? {});
    const unexplained = !result.ok && Object.keys(result.errors ?? {}).length === 0;
    problem.textContent = unexplained ? `We had some trouble connecting. Try again? ${failureText(result.error)}` : '';
  });
  return form;
}

function cross(close: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'icon', 'aria-label': 'Close', onclick: close }, '×');
}

function surfaceOf({ api, state }: Page, view: View, inputs: Inputs, kept: Entries): Surface {
  return {
    names: namesFor(state),
    world: state.world,
    api,
    inputs,
    entryOf: (blockId, actionId) => kept[blockId]?.[actionId] ?? entryFromState(view.state.values, blockId, actionId),
    use: async ({ blockId, actionId, entry }) => {
      const request = {
        user: state.me,
        surface: 'modal',
        block_id: blockId,
        action_id: actionId,
        value: entry,
        state: inputs.entries(),
      };
      const result = await api.act('interact', request);
      return result.ok ? undefined : failureText(result.error);
    },
  };
}

function showErrors(form: HTMLElement, errors: Readonly<Record<string, string>>): void {
  let first: HTMLElement | undefined;
  for (const block of form.querySelectorAll<HTMLElement>('.block-input')) {
    const message = errors[block.dataset['blockId'] ?? ''] ?? '';
    const place = block.querySelector('.input-error');
    if (place !== null) place.textContent = message;
    const input = block.querySelector<HTMLElement>('input, select, textarea');
    input?.setAttribute('aria-invalid', String(message !== ''));
    if (place !== null) input?.setAttribute('aria-describedby', place.id);
    if (message !== '' && first === undefined && input !== null) first = input;
  }
  first?.focus();
}
