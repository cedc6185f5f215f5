import { h } from './dom.ts';
import type { Faults } from './model.ts';
import type { Page } from './page.ts';

const FIELDS: readonly { readonly name: keyof Faults; readonly label: string }[] = [
  { name: 'delayMs', label: 'Delay envelopes, ms' },
  { name: 'dropAcks', label: 'Lose the next acks' },
  { name: 'duplicates', label: 'Deliver the next envelopes twice' },
  { name: 'rateLimits', label: 'Answer the next calls with 429' },
  { name: 'retryAfterS', label: 'Retry-After of those, s' },
  { name: 'dropAnswers', label: 'Break the connection after the next calls' },
];

/** Where a person makes things go wrong. */
export interface FaultPanel {
  readonly element: HTMLElement;
  /** Shows the counts as they are now, except where the person is typing. */
  draw(): void;
}

/** A panel with one number for each fault. */
export function faultPanel({ api, state }: Page): FaultPanel {
  const inputs = FIELDS.map(({ name, label }) => {
    const input = h('input', { type: 'number', min: 0, 'aria-label': label });
    input.addEventListener('change', () => void api.act('fault', { [name]: Number(input.value) }));
    return { name, label, input };
  });
  const disconnect = (which: string) => () => void api.act('disconnect', { reason: 'refresh_requested', which });
  const element = h(
    'fieldset',
    { class: 'faults' },
    h('legend', {}, 'Faults'),
    ...inputs.map(({ label, input }) => h('label', {}, input, h('span', {}, label))),
    h(
      'div',
      { class: 'fault-buttons' },
      h('button', { type: 'button', class: 'button', onclick: disconnect('one') }, 'Disconnect one socket'),
      h('button', { type: 'button', class: 'button', onclick: disconnect('all') }, 'Disconnect all'),
      h(
        'button',
        { type: 'button', class: 'button', onclick: () => void api.act('fault', { clear: true }) },
        'Clear faults',
      ),
      h('button', { type: 'button', class: 'button', onclick: () => void api.act('reset', {}) }, 'Forget everything'),
    ),
  );
  function draw(): void {
    for (const { name, input } of inputs) {
      if (document.activeElement !== input) input.value = String(state.world.faults[name]);
    }
  }
  draw();
  return { element, draw };
}
