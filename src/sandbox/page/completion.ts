import { h } from './dom.ts';
import type { Suggestion, World } from './model.ts';

/** The list of commands above a composer. */
export interface Completion {
  readonly element: HTMLElement;
  /** Shows what fits to the text now. */
  update(): void;
  /** Takes a key for itself; false when the composer should have it. */
  handles(event: KeyboardEvent): boolean;
}

/** One line of the list: what the box holds once it is taken. */
interface Fit {
  readonly shown: string;
  readonly description: string;
  readonly taken: string;
}

/** A list box of suggestions for a text box; the arrow keys choose, Tab and Enter take, Escape hides. */
export function createCompletion(box: HTMLTextAreaElement, offers: Pick<World, 'suggestions' | 'words'>): Completion {
  const list = h('div', {
    class: 'completion',
    role: 'listbox',
    'aria-label': 'Commands',
    id: 'commands',
    hidden: true,
  });
  box.setAttribute('aria-controls', 'commands');
  box.setAttribute('aria-autocomplete', 'list');
  let fitting: readonly Fit[] = [];
  let active = -1;

  function draw(): void {
    list.hidden = fitting.length === 0;
    list.replaceChildren(...fitting.map((fit, index) => optionView(fit, index === active, () => take(index))));
    const chosen = list.children[active];
    if (chosen === undefined) box.removeAttribute('aria-activedescendant');
    else {
      chosen.id = 'active-command';
      box.setAttribute('aria-activedescendant', chosen.id);
      chosen.scrollIntoView({ block: 'nearest' });
    }
  }
  function hide(): void {
    fitting = [];
    active = -1;
    draw();
  }
  function take(index: number): void {
    const fit = fitting[index];
    if (fit === undefined) return;
    box.value = fit.taken;
    hide();
    selectPlaceholder(box);
  }
  function move(step: number): void {
    active = (active + step + fitting.length + (active < 0 && step < 0 ? 1 : 0)) % fitting.length;
    draw();
  }
  function update(): void {
    fitting = fittingTo(box.value, offers);
    active = -1;
    draw();
  }
  box.addEventListener('blur', hide);
  return {
    element: list,
    update,
    handles: (event) =>
      handleKey(event, { shown: () => list.hidden === false, active: () => active, move, take, hide }),
  };
}

function optionView(fit: Fit, active: boolean, take: () => void): HTMLElement {
  const option = h(
    'div',
    { role: 'option', class: 'completion-option', 'aria-selected': String(active) },
    h('span', { class: 'completion-usage' }, fit.shown),
    h('span', { class: 'completion-description' }, fit.description),
  );
  option.addEventListener('mousedown', (event) => {
    event.preventDefault();
    take();
  });
  return option;
}

interface Keys {
  readonly shown: () => boolean;
  readonly active: () => number;
  readonly move: (step: number) => void;
  readonly take: (index: number) => void;
  readonly hide: () => void;
}

function handleKey(event: KeyboardEvent, keys: Keys): boolean {
  if (!keys.shown()) return false;
  if (event.key === 'ArrowDown') keys.move(1);
  else if (event.key === 'ArrowUp') keys.move(-1);
  else if (event.key === 'Escape') keys.hide();
  else if (event.key === 'Tab' && !event.shiftKey) keys.take(Math.max(0, keys.active()));
  else if (event.key === 'Enter' && keys.active() >= 0) keys.take(keys.active());
  else return false;
  event.preventDefault();
  return true;
}

function fittingTo(typed: string, { suggestions, words }: Pick<World, 'suggestions' | 'words'>): readonly Fit[] {
  if (!typed.startsWith('/') || typed.includes('\n')) return [];
  const lines = suggestions.filter((one) => fits(typed.toLowerCase(), one));
  const whole = lines.map(({ usage, description }) => ({ shown: usage, description, taken: usage }));
  return whole.length > 0 ? whole : wordsFor(typed, words);
}

/** Whether the line begins with what was typed, or holds after the command every word that was typed after it. */
function fits(wanted: string, { usage }: Suggestion): boolean {
  const [command = '', ...words] = wanted.split(/\s+/).filter((word) => word !== '');
  const line = usage.toLowerCase();
  const rest = line.slice(command.length);
  return line !== wanted.trim() && line.startsWith(command) && words.every((word) => rest.includes(word));
}

/** Words that continue the last one that was begun, for example a group of hosts. */
function wordsFor(typed: string, words: readonly Suggestion[]): readonly Fit[] {
  const begun = /\s(\S+)$/.exec(typed)?.[1];
  if (begun === undefined) return [];
  const kept = typed.slice(0, -begun.length);
  return words
    .filter(({ usage }) => usage !== begun && usage.toLowerCase().startsWith(begun.toLowerCase()))
    .map(({ usage, description }) => ({ shown: usage, description, taken: kept + usage }));
}

/** Selects the first `<placeholder>` so that typing replaces it. */
function selectPlaceholder(box: HTMLTextAreaElement): void {
  const match = /<[^>]+>/.exec(box.value);
  if (match) box.setSelectionRange(match.index, match.index + match[0].length);
}
