import { type Child, h } from './dom.ts';

/** One line of a menu. */
export interface MenuItem {
  readonly label: Child;
  readonly use: () => void;
}

/** A button that opens a menu: arrow keys move, Enter takes, Escape and leaving close. */
export function menuView(props: {
  readonly label: string;
  readonly look: string;
  readonly items: readonly MenuItem[];
}): HTMLElement {
  const opener = h('button', {
    type: 'button',
    class: props.look,
    title: props.label,
    'aria-label': props.label,
    'aria-haspopup': 'menu',
    'aria-expanded': 'false',
  });
  const list = h('div', { class: 'menu', role: 'menu', 'aria-label': props.label, hidden: true });
  const root = h('span', { class: 'menu-root' }, opener, list);

  function show(open: boolean): void {
    list.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    root.classList.toggle('open', open);
    if (!open) return;
    const { bottom } = list.getBoundingClientRect();
    list.classList.toggle('upwards', bottom > window.innerHeight);
    entries[0]?.focus();
  }
  const entries = props.items.map(({ label, use }) => {
    const entry = h('button', { type: 'button', role: 'menuitem', tabindex: -1 }, label);
    entry.addEventListener('click', () => {
      show(false);
      opener.focus();
      use();
    });
    return entry;
  });
  list.append(...entries);
  opener.addEventListener('click', () => show(list.hidden !== false));
  root.addEventListener('keydown', (event) => {
    if (list.hidden !== false || !moveIn(event, entries, () => show(false), opener)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node && root.contains(event.relatedTarget))) show(false);
  });
  return root;
}

/** Whether the key belonged to the menu. */
function moveIn(
  event: KeyboardEvent,
  entries: readonly HTMLElement[],
  close: () => void,
  opener: HTMLElement,
): boolean {
  const at = entries.findIndex((entry) => entry.matches(':focus'));
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1 + entries.length,
    Home: 0,
    End: entries.length - 1,
  };
  if (event.key === 'Escape') {
    close();
    opener.focus();
    return true;
  }
  const next = steps[event.key];
  if (next === undefined) return false;
  entries[next % entries.length]?.focus();
  return true;
}
