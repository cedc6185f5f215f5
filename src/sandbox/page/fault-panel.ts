import { type Child, h } from './dom.ts';
import type { Faults } from './model.ts';
import type { Page } from './page.ts';

/** The faults that are numbers. */
type NumberFault = Exclude<keyof Faults, 'chaos' | 'errorsCarriedOut'>;

/** A sentence with a number in it: what stands before and after, and what the number is called alone. */
interface Sentence {
  readonly name: NumberFault;
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

const TO_THE_BOT: readonly Sentence[] = [
  {
    name: 'dropDeliveries',
    label: 'Lose the next deliveries',
    before: 'Lose the next',
    after: 'deliveries: the bot never hears of them, people see an error after 3 s.',
  },
  {
    name: 'dropAcks',
    label: 'Lose the next acks',
    before: 'Lose the next',
    after: 'acks: the bot did hear, and people see an error all the same.',
  },
  {
    name: 'duplicates',
    label: 'Deliver twice',
    before: 'Deliver the next',
    after: 'twice.',
  },
  { name: 'delayMs', label: 'Delay, ms', before: 'Deliver everything', after: 'ms late.' },
];

const FROM_THE_BOT: readonly Sentence[] = [
  {
    name: 'rateLimits',
    label: 'Refuse the next calls with 429',
    before: 'Refuse the next',
    after: 'calls with 429, too many requests,',
  },
  { name: 'retryAfterS', label: 'Retry-After, s', before: 'and ask to wait', after: 's.' },
  { name: 'serverErrors', label: 'Fail the next calls', before: 'Fail the next', after: 'calls with HTTP' },
  { name: 'errorStatus', label: 'HTTP status, 500 or 503', before: '', after: '(500 or 503),' },
  {
    name: 'dropAnswers',
    label: 'Break the connection',
    before: 'Carry out the next',
    after: 'calls and break the connection before the answer.',
  },
];

/** Where a person makes things go wrong. */
export interface FaultPanel {
  readonly element: HTMLElement;
  /** Shows the counts as they are now, except where the person is typing. */
  draw(): void;
}

/** A panel of sentences, one for each fault. */
export function faultPanel(page: Page): FaultPanel {
  const { api, state } = page;
  const set = (change: object): void => void api.act('fault', { ...change });
  const inputs: { readonly name: NumberFault; readonly input: HTMLInputElement }[] = [];
  const carriedOut = h('input', { type: 'checkbox' });
  carriedOut.addEventListener('change', () => set({ errorsCarriedOut: carriedOut.checked }));
  const random = h('input', { type: 'checkbox' });
  random.addEventListener('change', () => set({ chaos: random.checked ? { seed: 1, chance: 0.1 } : null }));

  function sentence({ name, label, before, after }: Sentence): HTMLElement {
    const input = h('input', { type: 'number', min: 0, 'aria-label': label });
    input.addEventListener('change', () => set({ [name]: Number(input.value) }));
    inputs.push({ name, input });
    return h('label', { class: 'fault' }, before, input, after);
  }
  const rates = h('p', { class: 'fault-note' });
  const element = h(
    'div',
    { class: 'faults' },
    group('On the way to the bot', ...TO_THE_BOT.map(sentence)),
    group(
      'What the bot calls',
      ...FROM_THE_BOT.slice(0, 4).map(sentence),
      h('label', { class: 'fault' }, carriedOut, 'carried out all the same.'),
      ...FROM_THE_BOT.slice(4).map(sentence),
      rates,
    ),
    group('Sockets', socketButtons(page)),
    group(
      'Everything',
      h('label', { class: 'fault' }, random, 'One in ten deliveries and calls meets trouble at random.'),
      h(
        'div',
        { class: 'fault-buttons' },
        button('Everything in order again', () => set({ clear: true })),
        button('Forget all messages', () => void api.act('reset', {})),
      ),
    ),
  );
  function draw(): void {
    const { faults, exceeded } = state.world;
    for (const { name, input } of inputs) if (document.activeElement !== input) input.value = String(faults[name]);
    carriedOut.checked = faults.errorsCarriedOut;
    random.checked = faults.chaos !== null;
    rates.textContent = `${exceeded} of the bot's calls were above Slack's rates so far.`;
  }
  draw();
  return { element, draw };
}

function group(title: string, ...lines: readonly Child[]): HTMLElement {
  return h('fieldset', { class: 'fault-group' }, h('legend', {}, title), ...lines);
}

function socketButtons({ api }: Page): HTMLElement {
  const act = (reason: string, which: string) => () => void api.act('disconnect', { reason, which });
  return h(
    'div',
    { class: 'fault-buttons' },
    button('Ask one to reconnect', act('refresh_requested', 'one')),
    button('Ask all to reconnect', act('refresh_requested', 'all')),
    button('Cut one', act('cut', 'one')),
    button('Cut all', act('cut', 'all')),
  );
}

function button(label: string, use: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'button', onclick: use }, label);
}
