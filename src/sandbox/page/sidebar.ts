import { h } from './dom.ts';
import type { Member, Place } from './model.ts';
import type { Page } from './page.ts';
import { placesOf } from './state.ts';

/** Who I am, where I can go, and whether the bot is there. Left alone when nothing changed: a menu may be open in it. */
export function drawSidebar(page: Page, root: HTMLElement): void {
  const { state } = page;
  const { world, me, place, connected } = state;
  const key = JSON.stringify([world.members, world.channels, world.sockets, me, place, connected, [...state.unread]]);
  if (root.dataset['key'] === key) return;
  root.dataset['key'] = key;
  const places = placesOf(world, me);
  const focused = document.activeElement?.getAttribute('data-focus-key');
  root.replaceChildren(
    h('div', { class: 'workspace-name' }, 'Countersign sandbox'),
    switcher(page),
    h(
      'nav',
      { 'aria-label': 'Channels' },
      h('h2', {}, 'Channels'),
      ...places.filter(({ directWith }) => directWith === undefined).map((place) => placeButton(page, place)),
      h('h2', {}, 'App'),
      goButton(page, 'home', `⌂ ${state.world.bot.name} Home`),
      ...places.filter(({ directWith }) => directWith !== undefined).map((place) => placeButton(page, place)),
    ),
    status(page),
  );
  if (focused) root.querySelector<HTMLElement>(`[data-focus-key="${CSS.escape(focused)}"]`)?.focus();
}

/** The member's card; the select that changes it lies over the whole card. */
function switcher({ state, store }: Page): HTMLElement {
  const { members } = state.world;
  const me = members.find(({ id }) => id === state.me);
  const select = h(
    'select',
    { 'aria-label': 'You are', 'data-testid': 'member-switcher', 'data-focus-key': 'switcher' },
    ...members.map((member) => h('option', { value: member.id }, `${member.name} · ${roleOf(member)}`)),
  );
  select.value = state.me;
  select.addEventListener('change', () => void store.become(select.value));
  return h(
    'div',
    { class: 'switcher' },
    h('span', { class: 'switcher-label', 'aria-hidden': 'true' }, 'You are'),
    avatar(state.me, me?.name ?? ''),
    h(
      'span',
      { class: 'switcher-me', 'data-testid': 'me', 'aria-hidden': 'true' },
      h('strong', {}, me?.name),
      h('span', { class: 'role' }, me && roleOf(me)),
    ),
    select,
  );
}

function roleOf(member: Member): string {
  return member.isRestricted && member.realName.toLowerCase() !== 'guest'
    ? `${member.realName} (guest)`
    : member.realName;
}

/** A square with initials, its colour from the member's id. */
export function avatar(id: string, name: string): HTMLElement {
  const hue = Array.from(id).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 360, 7);
  const initials = name
    .split(/[-_ ]/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
  const square = h('span', { class: 'avatar', 'aria-hidden': 'true' }, initials);
  square.style.setProperty('--hue', String(hue));
  return square;
}

function placeButton(page: Page, place: Place): HTMLElement {
  return goButton(page, place.id, place.directWith === undefined ? `# ${place.name}` : `✉ ${place.name}`);
}

function goButton({ state, store }: Page, place: string, label: string): HTMLElement {
  const unread = state.unread.has(place);
  const button = h(
    'button',
    {
      type: 'button',
      class: unread ? 'place unread' : 'place',
      'data-focus-key': `place-${place}`,
      'aria-current': state.place === place ? 'page' : undefined,
    },
    label,
    unread && h('span', { class: 'visually-hidden' }, ' (new messages)'),
  );
  button.addEventListener('click', () => void store.go(place));
  return button;
}

function status({ state }: Page): HTMLElement {
  const { sockets } = state.world;
  const [look, words] = !state.connected
    ? ['down', 'The sandbox does not answer. Trying again…']
    : sockets === 0
      ? ['down', 'The bot is not connected']
      : ['up', `The bot is connected (${sockets} ${sockets === 1 ? 'socket' : 'sockets'})`];
  return h('p', { class: `bot-status ${look}`, role: 'status' }, words);
}
