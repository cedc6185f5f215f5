import { h } from './dom.ts';
import type { Suggestion } from './model.ts';

/** The list of commands above a composer. */
export interface Completion {
  readonly element: HTMLElement;
  /** Shows what fits to the text now. */
  update(): void;
  /** Takes a key for itself; false when the composer should have it. */
  handles(event: KeyboardEvent): boolean;
}

/** A list box of suggestions for a text box; the arrow keys choose, Tab and Enter take, Escape hides. */
export function createCompletion(box: HTMLTextAreaElement, suggestions: readonly Suggestion[]): Completion {
  const list = h('div', {
    class: 'completion',
    role: 'listbox',
    'aria-label': 'Commands',
    id: 'commands',
    hidden: true,
  });
  box.setAttribute('aria-controls', 'commands');
  let fitting: readonly Suggestion[] = [];
  let active = -1;

  function draw(): void {
    list.hidden = fitting.length === 0;
    list.replaceChildren(
      ...fitting.map((suggestion, index) => optionView(suggestion, index === active, () => take(index))),
    );
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
    const suggestion = fitting[index];
    if (suggestion === undefined) return;
    box.value = suggestion.usage;
    hide();
    selectPlaceholder(box);
  }
  function move(step: number): void {
    active = (active + step + fitting.length + (active < 0 && step < 0 ? 1 : 0)) % fitting.length;
    draw();
  }
  function update(): void {
    fitting = fittingTo(box.value, suggestions);
    active = -1;
    draw();
  }
  box.addEventListener('blur', hide);
  return {
    element: list,
    update,
    handles: (event) => handleKey(event, { shown: () => !list.hidden, active: () => active, move, take, hide }),
  };
}

function optionView(suggestion: Suggestion, active: boolean, take: () => void): HTMLElement {
  const option = h(
    'div',
    { role: 'option', class: 'completion-option', 'aria-selected': String(active) },
    h('span', { class: 'completion-usage' }, suggestion.usage),
    h('span', { class: 'completion-description' }, suggestion.description),
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

/** Suggestions whose beginning was typed, or that hold after the command every word that was typed after it. */
function fittingTo(typed: string, suggestions: readonly Suggestion[]): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  if (!wanted.startsWith('/') || wanted.includes('\n')) return [];
  const [command = '', ...words] = wanted.split(/\s+/).filter((word) => word !== '');
  return suggestions.filter(({ usage }) => {
    const line = usage.toLowerCase();
    const rest = line.slice(command.length);
    return line !== wanted.trim() && line.startsWith(command) && words.every((word) => rest.includes(word));
  });
}

/** Selects the first `<placeholder>` so that typing replaces it. */
function selectPlaceholder(box: HTMLTextAreaElement): void {
  const match = /<[^>]+>/.exec(box.value);
  if (match) box.setSelectionRange(match.index, match.index + match[0].length);
}
