import { createCompletion } from './completion.ts';
import { h } from './dom.ts';
import type { Page } from './page.ts';
import { failureText } from './surface.ts';
import { showToast } from './toasts.ts';

/** Where a person writes. */
export interface Composer {
  readonly element: HTMLElement;
  /** Puts a line in, for the person to send. */
  fill(line: string): void;
  focus(): void;
}

/** A composer for the channel that is shown, or for a thread in it. */
export function createComposer(page: Page, to: { label: string; threadTs?: string }): Composer {
  const inThread = to.threadTs !== undefined;
  const box = h('textarea', {
    rows: 1,
    'aria-label': to.label,
    placeholder: inThread ? 'Reply…' : 'Message, or / for commands',
    'data-testid': inThread ? 'thread-composer' : 'composer',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const completion = createCompletion(box, inThread ? [] : page.state.world.suggestions);
  const send = h('button', { type: 'submit', class: 'button primary send' }, 'Send');
  const form = h('form', { class: 'composer' }, completion.element, h('div', { class: 'composer-row' }, box, send));

  function submit(): void {
    const line = box.value.trim();
    if (line === '') return;
    fill('');
    void sendLine(page, line, to.threadTs);
  }
  function fill(line: string): void {
    box.value = line;
    completion.update();
    grow(box);
    box.focus();
  }
  box.addEventListener('input', () => {
    completion.update();
    grow(box);
  });
  box.addEventListener('keydown', (event) => {
    if (event.isComposing || completion.handles(event)) return;
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  return { element: form, fill, focus: () => box.focus() };
}

/** A line with a slash is a command; everything else is a message. */
async function sendLine({ api, state }: Page, line: string, threadTs: string | undefined): Promise<void> {
  const base = { user: state.me, channel: state.place, text: line };
  if (!line.startsWith('/')) {
    await api.act('message', threadTs === undefined ? base : { ...base, thread_ts: threadTs });
    return;
  }
  if (threadTs !== undefined) {
    showToast(`${line.split(/\s/, 1)[0] ?? ''} is not supported in threads. Sorry!`);
    return;
  }
  const result = await api.act('command', base);
  if (!result.ok && result.error === 'sandbox_unreachable') showToast(failureText(result.error));
}

function grow(box: HTMLTextAreaElement): void {
  box.rows = Math.min(8, box.value.split('\n').length);
}
