import { createApi } from './api.ts';
import { type Composer, createComposer } from './composer.ts';
import { byId, h } from './dom.ts';
import { createHead, type Head } from './head.ts';
import { drawHome } from './home.ts';
import { createInspector, type Inspector } from './inspector.ts';
import { createModalHost, type ModalHost } from './modal.ts';
import type { World } from './model.ts';
import type { Page } from './page.ts';
import { followPermalinks } from './permalinks.ts';
import { readSession } from './session.ts';
import { drawSidebar } from './sidebar.ts';
import { currentPlace, firstState, type Region } from './state.ts';
import { createStore } from './store.ts';
import { drawThread } from './thread.ts';
import { drawTimeline, isFollowing } from './timeline.ts';

/** The regions of the page that are there from the beginning. */
interface Frame {
  readonly sidebar: HTMLElement;
  readonly head: Head;
  readonly timeline: HTMLElement;
  readonly home: HTMLElement;
  readonly thread: HTMLElement;
  readonly composer: Composer;
  readonly modal: ModalHost;
  readonly inspector: Inspector;
}

async function start(): Promise<void> {
  const session = readSession();
  if (session.token === '') {
    byId('app').replaceChildren(
      h(
        'p',
        { class: 'nothing' },
        'Open the whole link that the program printed: it carries the token of this session.',
      ),
    );
    return;
  }
  const api = createApi(session.token);
  const state = firstState(await api.get<World>('state'), session);
  const late: { draw?: (region: Region) => void } = {};
  const store = createStore({ api, token: session.token, state, draw: (region) => late.draw?.(region) });
  const page: Page = { api, state, store, rowVersions: new WeakMap() };
  const frame = createFrame(page);
  late.draw = (region) => drawRegion(page, frame, region);
  followPermalinks(page);
  await store.go(state.place);
  frame.composer.focus();
  await api.follow((change) => void store.take(change), store.setConnected);
}

function createFrame(page: Page): Frame {
  const dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title', 'data-testid': 'modal' });
  const frame: Frame = {
    sidebar: h('aside', { class: 'sidebar' }),
    head: createHead(page),
    timeline: h('div', { class: 'timeline', role: 'log', 'data-testid': 'messages', tabindex: 0 }),
    home: h('div', { class: 'home', 'data-testid': 'home' }),
    thread: h('aside', { class: 'thread', 'aria-label': 'Thread', hidden: true }),
    composer: createComposer(page, { label: 'Message' }),
    modal: createModalHost(page, dialog),
    inspector: createInspector(page),
  };
  const main = h(
    'main',
    {},
    frame.head.element,
    frame.timeline,
    frame.home,
    frame.composer.element,
    frame.inspector.element,
  );
  byId('app').replaceChildren(h('div', { class: 'layout' }, frame.sidebar, main, frame.thread), dialog);
  return frame;
}

function drawRegion(page: Page, frame: Frame, region: Region): void {
  const any = region === 'all';
  if (any) drawHead(page, frame);
  if (any || region === 'sidebar') drawSidebar(page, frame.sidebar);
  if (any || region === 'messages') {
    const following = isFollowing(frame.timeline);
    drawTimeline(page, frame.timeline, frame.composer.fill);
    drawThread(page, frame.thread);
    if (following) frame.timeline.scrollTop = frame.timeline.scrollHeight;
  }
  if (any || region === 'home') drawHome(page, frame.home);
  if (any || region === 'modal') frame.modal.draw();
  if (any || region === 'sidebar' || region === 'traffic') frame.inspector.draw();
}

function drawHead({ state }: Page, frame: Frame): void {
  const title = frame.head.draw();
  const atHome = currentPlace(state) === undefined;
  document.title = `${title} – local stand-in for Slack`;
  frame.timeline.hidden = atHome;
  frame.timeline.setAttribute('aria-label', `Messages in ${title}`);
  frame.composer.element.hidden = atHome;
  frame.composer.draw();
  frame.home.hidden = !atHome;
}

start().catch((error: unknown) => {
  const words = error instanceof Error ? error.message : String(error);
  byId('app').replaceChildren(
    h('p', { class: 'nothing' }, `The sandbox does not answer (${words}). Is the link from its last start?`),
  );
});
