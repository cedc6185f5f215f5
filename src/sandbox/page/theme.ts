import { h } from './dom.ts';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const WORDS: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };
const KEPT_UNDER = 'countersign-sandbox-theme';

/** A button that goes through the colour schemes; the choice outlives a reload. */
export function themeButton(): HTMLElement {
  const button = h('button', { type: 'button', class: 'theme' });
  let theme = keptTheme();
  function show(): void {
    document.documentElement.dataset['theme'] = theme;
    button.textContent = `Colours: ${WORDS[theme]}`;
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    keepTheme(theme);
    show();
  });
  show();
  return button;
}

function keptTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEPT_UNDER);
    return THEMES.find((theme) => theme === kept) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEPT_UNDER, theme);
  } catch {
    /* The browser keeps nothing for this page: the choice lasts until the next load. */
  }
}
