import { createCompletion } from './completion.ts';
import { type Child, h } from './dom.ts';
import { menuView } from './menu.ts';
import type { Page } from './page.ts';
import { runShortcut } from './shortcuts.ts';
import { currentPlace } from './state.ts';
import { failureText } from './surface.ts';
import { showToast } from './toasts.ts';

/** Where a person writes. */
export interface Composer {
  readonly element: HTMLElement;
  /** Puts a line in, for the person to send. */
  fill(line: string): void;
  focus(): void;
  /** Closes the composer where nothing can be written, and says so. */
  draw(): void;
}

/** A composer for the channel that is shown, or for a thread in it. */
export function createComposer(page: Page, to: { label: string; threadTs?: string }): Composer {
  const inThread = to.threadTs !== undefined;
  const box = h('textarea', {
    rows: 1,
    'aria-label': to.label,
    'data-testid': inThread ? 'thread-composer' : 'composer',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const completion = createCompletion(box, inThread ? { suggestions: [], words: [] } : page.state.world);
  const send = h('button', { type: 'submit', class: 'button primary send' }, 'Send');
  const row = h('div', { class: 'composer-row' }, !inThread && shortcutsMenu(page), box, send);
  const hint = h('p', { class: 'composer-hint' }, 'Enter sends, Shift + Enter begins a new line');
  const form = h('form', { class: 'composer' }, completion.element, row, !inThread && hint);

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
  function draw(): void {
    const archived = currentPlace(page.state)?.isArchived === true;
    box.disabled = archived;
    send.disabled = archived;
    box.placeholder = placeholderOf(archived, inThread);
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
  draw();
  return { element: form, fill, focus: () => box.focus(), draw };
}

function placeholderOf(archived: boolean, inThread: boolean): string {
  if (archived) return 'This channel is archived';
  return inThread ? 'Reply…' : 'Message, or / for commands';
}

/** The app's global shortcuts, where Slack has them: at the left end of the composer. */
function shortcutsMenu(page: Page): Child {
  const shortcuts = page.state.world.shortcuts.filter(({ type }) => type === 'global');
  if (shortcuts.length === 0) return undefined;
  const items = shortcuts.map((shortcut) => ({ label: shortcut.name, use: () => void runShortcut(page, shortcut) }));
  return menuView({ label: 'Shortcuts', look: 'icon bolt', items });
}

/** A line with a slash is a command; everything else is a message. */
async function sendLine({ api, state }: Page, line: string, threadTs: string | undefined): Promise<void> {
  const base = { user: state.me, channel: state.place, text: line };
  if (!line.startsWith('/')) {
    const sent = await api.act('message', threadTs === undefined ? base : { ...base, thread_ts: threadTs });
    if (!sent.ok && sent.error === 'sandbox_unreachable') showToast(failureText(sent.error));
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
