import type { Message, Place, View, World } from './model.ts';
import { createNames, type Names } from './names.ts';
import { placesOf } from './places.ts';

/** What the page knows: the world, who looks, where, and what is to be seen there. */
export interface PageState {
  world: World;
  /** The member that the person acts as. */
  me: string;
  /** A channel's id, or `home`. */
  place: string;
  messages: readonly Message[];
  /** The parent's timestamp of the thread that is open. */
  thread: string | undefined;
  modal: View | null;
  home: View | null;
  /** New messages by channel, of those that are not shown. */
  readonly unread: Map<string, number>;
  /** Whether the page hears from the sandbox. */
  connected: boolean;
}

/** The part of the page that has to be drawn again. */
export type Region = 'all' | 'sidebar' | 'messages' | 'modal' | 'home' | 'traffic';

/** The first view of a workspace: who and where the address says, as far as they exist. */
export function firstState(world: World, wanted: { user: string | undefined; place: string | undefined }): PageState {
  const me = world.members.find(({ id }) => id === wanted.user)?.id ?? world.members[0]?.id ?? '';
  const known = wanted.place === 'home' || placesOf(world, me).some(({ id }) => id === wanted.place);
  return {
    world,
    me,
    place: (known ? wanted.place : undefined) ?? world.channels[0]?.id ?? 'home',
    messages: [],
    thread: undefined,
    modal: null,
    home: null,
    unread: new Map(),
    connected: true,
  };
}

/** The channel that is shown; undefined on the App Home. */
export function currentPlace(state: PageState): Place | undefined {
  return state.world.channels.find(({ id }) => id === state.place);
}

/** What ids are called for the member who looks. */
export function namesFor(state: PageState): Names {
  return createNames(state.world, state.me);
}
