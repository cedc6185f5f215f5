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
  const yes = h('button', { class: confirm['style'] === 'danger' ? 'button danger' : 'button primary', value: 'yes' });
  yes.append(textView(confirm['confirm'], names) || 'Yes');
  const no = h('button', { class: 'button', value: 'no' });
  no.append(textView(confirm['deny'], names) || 'No');
  const title = h('h2', { id: 'confirm-title' }, textView(confirm['title'], names));
  const body = h('p', {}, textView(confirm['text'], names));
  const buttons = h('div', { class: 'dialog-buttons' }, no, yes);
  const form = h('form', { method: 'dialog' }, title, body, buttons);
  const dialog = h('dialog', { class: 'confirm', 'aria-labelledby': 'confirm-title', 'data-testid': 'confirm' }, form);
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
