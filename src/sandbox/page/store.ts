import type { Api } from './api.ts';
import type { Change, Message, View, World } from './model.ts';
import { writeSession } from './session.ts';
import { placesOf } from './places.ts';
import type { PageState, Region } from './state.ts';

/** Keeps the page's state up to date and says what has to be drawn again. */
export interface Store {
  /** Acts as another member from now on. */
  become(user: string): Promise<void>;
  go(place: string): Promise<void>;
  openThread(ts: string | undefined): void;
  /** Fetches what a change made stale. */
  take(change: Change): Promise<void>;
  setConnected(connected: boolean): void;
}

interface Deps {
  readonly api: Api;
  readonly token: string;
  readonly state: PageState;
  readonly draw: (region: Region) => void;
}

/** A store over one state, which it alone changes. */
export function createStore(deps: Deps): Store {
  const { state, draw } = deps;
  const load = createLoaders(deps);

  async function moved(): Promise<void> {
    writeSession({ token: deps.token, user: state.me, place: state.place });
    state.thread = undefined;
    state.messages = [];
    state.unread.delete(state.place);
    draw('all');
    if (state.place === 'home') void deps.api.act('open-home', { user: state.me });
    await load.all();
  }

  return {
    become: (user) => {
      const here = state.world.channels.find(({ id }) => id === state.place);
      const theirs = placesOf(state.world, user);
      state.me = user;
      state.unread.clear();
      if (here?.directWith !== undefined)
        state.place = theirs.find(({ directWith }) => directWith === user)?.id ?? 'home';
      else if (here !== undefined && !theirs.includes(here)) state.place = theirs[0]?.id ?? 'home';
      return moved();
    },
    go: (place) => {
      state.place = place;
      return moved();
    },
    openThread: (ts) => {
      state.thread = ts;
      draw('messages');
    },
    take: async (change) => {
      if (change.kind === 'workspace') return load.world();
      if (change.kind === 'traffic') return draw('traffic');
      if (change.kind === 'messages') return messagesChanged(deps, change, load.messages);
      if (change.user !== state.me) return;
      return change.kind === 'modal' ? load.modal() : load.home();
    },
    setConnected: (connected) => {
      state.connected = connected;
      draw('sidebar');
      if (connected) void load.all();
    },
  };
}

/** A change where the member is not looking counts when it is a new message for them to see. */
async function messagesChanged({ state, draw }: Deps, change: Change, load: () => Promise<void>): Promise<void> {
  const { channel = '', by, user } = change;
  if (channel === state.place) return load();
  const isForMe = placesOf(state.world, state.me).some(({ id }) => id === channel) && (user ?? state.me) === state.me;
  if (by === undefined || by === state.me || !isForMe) return;
  state.unread.set(channel, (state.unread.get(channel) ?? 0) + 1);
  draw('sidebar');
}

interface Loaders {
  world(): Promise<void>;
  messages(): Promise<void>;
  modal(): Promise<void>;
  home(): Promise<void>;
  all(): Promise<void>;
}

/** Each fetches one part; an answer that comes after the person went elsewhere is dropped. */
function createLoaders({ api, state, draw }: Deps): Loaders {
  async function messages(): Promise<void> {
    const { place, me } = state;
    if (place === 'home') return;
    const answer = await api.get<{ messages: Message[] }>(`messages/${place}?user=${me}`);
    if (place !== state.place || me !== state.me) return;
    state.messages = answer.messages;
    if (!answer.messages.some(({ ts }) => ts === state.thread)) state.thread = undefined;
    draw('messages');
  }
  async function view(kind: 'modal' | 'home'): Promise<void> {
    const { me } = state;
    const answer = await api.get<{ view: View | null }>(`${kind}/${me}`);
    if (me !== state.me) return;
    state[kind] = answer.view;
    draw(kind);
  }
  return {
    messages,
    modal: () => view('modal'),
    home: () => view('home'),
    world: async () => {
      state.world = await api.get<World>('state');
      draw('sidebar');
    },
    all: async () => {
      await Promise.all([messages(), view('modal'), view('home')]);
    },
  };
}
