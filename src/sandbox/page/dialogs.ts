import { type Child, h } from './dom.ts';
import { type JsonObject, object, text } from './json.ts';
import type { Names } from './names.ts';
import { literal, mrkdwnView } from './pieces-view.ts';

/** A text object as nodes: plain, or with Slack's markup. */
export function textView(source: unknown, names: Names): Child {
  const textObject = object(source);
  const value = text(textObject['text']);
  return textObject['type'] === 'mrkdwn' ? mrkdwnView(value, names) : literal(value);
}

/** Asks before an action counts; resolves with the answer. Escape means no. */
export function askToConfirm(confirm: JsonObject, names: Names): Promise<boolean> {
  const look = confirm['style'] === 'danger' ? 'button danger' : 'button primary';
  const yes = h('button', { type: 'button', class: look }, textView(confirm['confirm'], names) || 'Yes');
  const no = h('button', { type: 'button', class: 'button' }, textView(confirm['deny'], names) || 'No');
  const dialog = h(
    'dialog',
    { class: 'confirm', 'aria-labelledby': 'confirm-title', 'data-testid': 'confirm' },
    h('h2', { id: 'confirm-title' }, textView(confirm['title'], names)),
    h('p', {}, textView(confirm['text'], names)),
    h('div', { class: 'dialog-buttons' }, no, yes),
  );
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  yes.addEventListener('click', () => dialog.close('yes'));
  no.addEventListener('click', () => dialog.close('no'));
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
