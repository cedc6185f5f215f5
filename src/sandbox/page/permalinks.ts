import type { Page } from './page.ts';
import { placesOf } from './places.ts';
import { showToast } from './toasts.ts';

/** The message that a link of this workspace leads to. */
interface Permalink {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
}

const SHOWN_MS = 2500;

/** Links to messages of this workspace lead there in place; all others open a tab of their own. */
export function followPermalinks(page: Page): void {
  document.addEventListener('click', (event) => {
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    const permalink = anchor === null ? undefined : parsePermalink(anchor.href);
    if (permalink === undefined) return;
    event.preventDefault();
    void follow(page, permalink);
  });
}

/** `/archives/C1/p1700000000000100?thread_ts=…`, as Slack writes them; undefined for everything else. */
function parsePermalink(href: string): Permalink | undefined {
  const url = new URL(href, location.href);
  const match = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/.exec(url.pathname);
  if (url.origin !== location.origin || match === null) return undefined;
  const [, channel = '', seconds = '', micros = ''] = match;
  return { channel, ts: `${seconds}.${micros}`, threadTs: url.searchParams.get('thread_ts') ?? undefined };
}

async function follow({ state, store }: Page, { channel, ts, threadTs }: Permalink): Promise<void> {
  if (!placesOf(state.world, state.me).some(({ id }) => id === channel)) {
    showToast('You are not in the conversation that this link leads to.');
    return;
  }
  if (state.place !== channel) await store.go(channel);
  if (threadTs !== undefined && threadTs !== ts) store.openThread(threadTs);
  const rows = document.querySelectorAll<HTMLElement>(`[data-ts="${CSS.escape(ts)}"]`);
  const row = rows.item(rows.length - 1);
  if (row === null) {
    showToast('The message that this link leads to is gone.');
    return;
  }
  row.scrollIntoView({ block: 'center' });
  row.classList.add('found');
  setTimeout(() => row.classList.remove('found'), SHOWN_MS);
}
