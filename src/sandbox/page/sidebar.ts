import { h } from './dom.ts';
import type { Member, Place } from './model.ts';
import type { Page } from './page.ts';
import { isDirect, placesOf, placeTitle } from './places.ts';
import { themeButton } from './theme.ts';

/** Who I am, where I can go, and whether the bot is there. Left alone when nothing changed: a menu may be open in it. */
export function drawSidebar(page: Page, root: HTMLElement): void {
  const { state } = page;
  const { world, me, place, connected, unread } = state;
  const key = JSON.stringify([world.members, world.channels, world.sockets, me, place, connected, [...unread]]);
  if (root.dataset['key'] === key) return;
  root.dataset['key'] = key;
  const focused = document.activeElement?.getAttribute('data-focus-key');
  root.replaceChildren(
    h('div', { class: 'workspace-name' }, 'Countersign sandbox'),
    switcher(page),
    placesNav(page),
    h('div', { class: 'sidebar-foot' }, status(page), themeButton()),
  );
  if (focused) root.querySelector<HTMLElement>(`[data-focus-key="${CSS.escape(focused)}"]`)?.focus();
}

function placesNav(page: Page): HTMLElement {
  const { world, me } = page.state;
  const places = placesOf(world, me);
  const people = places.filter(({ between }) => between !== undefined);
  return h(
    'nav',
    { 'aria-label': 'Channels' },
    h('h2', {}, 'Channels'),
    ...places.filter((place) => !isDirect(place)).map((place) => placeButton(page, place)),
    people.length > 0 && h('h2', {}, 'Direct messages'),
    ...people.map((place) => placeButton(page, place)),
    h('h2', {}, 'App'),
    goButton(page, { id: 'home', icon: 'home', label: `${world.bot.name} Home` }),
    ...places.filter(({ directWith }) => directWith !== undefined).map((place) => placeButton(page, place)),
  );
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

/** What a member does, and what they are to the workspace when that is not simply a member. */
function roleOf({ realName, kind }: Member): string {
  return kind === 'member' || realName.toLowerCase().includes(kind) ? realName : `${realName} (${kind})`;
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
  const { world, me } = page.state;
  const label = placeTitle(place, world, me);
  const channel = place.isPrivate === true ? 'lock' : 'hash';
  const icon = place.directWith !== undefined ? 'app' : isDirect(place) ? 'person' : channel;
  const tags = [place.isPrivate && 'private', place.isExtShared && 'shared', place.isArchived && 'archived'];
  return goButton(page, { id: place.id, icon, label, tags: tags.filter((tag) => typeof tag === 'string') });
}

function goButton(
  { state, store }: Page,
  to: { readonly id: string; readonly icon: string; readonly label: string; readonly tags?: readonly string[] },
): HTMLElement {
  const unread = state.unread.get(to.id) ?? 0;
  const button = h(
    'button',
    {
      type: 'button',
      class: unread > 0 ? 'place unread' : 'place',
      'data-focus-key': `place-${to.id}`,
      'aria-current': state.place === to.id ? 'page' : undefined,
    },
    h('span', { class: `icon-${to.icon}`, 'aria-hidden': 'true' }),
    h(
      'span',
      { class: 'place-name' },
      to.icon === 'hash' ? h('span', { class: 'visually-hidden' }, '# ') : undefined,
      to.label,
    ),
    ...(to.tags ?? []).map((tag) => h('span', { class: 'place-tag' }, tag)),
    unread > 0 &&
      h('span', { class: 'badge' }, String(unread), h('span', { class: 'visually-hidden' }, ' new messages')),
  );
  button.addEventListener('click', () => void store.go(to.id));
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
