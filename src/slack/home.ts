import type { HomeView } from '@slack/types';
import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { Asker } from '../engine/asker.ts';
import type { Policy } from '../engine/policy.ts';
import { homePageOf, subjectsOf } from './home-page.ts';
import type { Identity } from './identity.ts';
import type { Overviews } from './overviews.ts';
import type { PeopleClient } from './people-client.ts';
import type { Permalinks } from './permalinks.ts';
import type { UserGroups } from './user-groups.ts';
import { renderClosedHome, renderHome } from './views/home.ts';

/*
 * A Home is a projection of what is stored, for one person. Whoever opened theirs within the last hour gets it again when
 * it would look different; the others get it when they open it. views.publish is Tier 4, about 100 calls a minute for all
 * people together (docs.slack.dev/reference/methods/views.publish), so this loop stays well below, and what people wait
 * for, because they opened it or clicked, goes first.
 */

/** Who opened their Home. */
interface HomeVisitor {
  readonly userId: string;
  readonly teamId: string;
}

/** Keeps people's Homes true. */
export interface Homes extends AsyncDisposable {
  serve(): void;
  /** Shows somebody their Home, and keeps it true from then on. Never rejects. */
  opened(visitor: HomeVisitor): Promise<void>;
  /** Shows what came of something that somebody did, if they look at their Home. Never rejects. */
  refresh(userId: string): Promise<void>;
}

/** What Homes are made from. */
export interface HomesDeps {
  readonly overviews: Overviews;
  readonly policy: Policy;
  readonly identity: Pick<Identity, 'reader'>;
  readonly userGroups: Pick<UserGroups, 'freshen'>;
  readonly client: Pick<PeopleClient, 'publishHome'>;
  readonly permalinks: Permalinks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The slash command, where the Home says what to type. */
  readonly command: string;
  readonly pollMs: number;
}

const WATCHED_MS = 3_600_000;
const MOST_WATCHERS = 100;
/** Between two publications for one person, unless they did something themselves. */
const GAP_MS = 3000;
/** What passing time alone changes is looked at this often. */
const STALE_MS = 10_000;
/** Who somebody is, is asked again after this when they did nothing; sooner when it may only be that Slack did not say. */
const JUDGED_MS = { known: 60_000, refused: STALE_MS } as const;
const PUBLISHED_AT_ONCE = 2;
/** Beside polling this keeps the loop under 60 publications a minute. */
const PAUSE_MS = 2000;

/** No Home is published before somebody opens theirs. */
export function createHomes(deps: HomesDeps): Homes {
  return new WatchedHomes(deps);
}

/** Instants are of the monotonic clock. */
interface Watcher {
  readonly visitor: HomeVisitor;
  openedMs: number;
  publishedMs: number;
  renderedMs: number;
  /** Of the overview that was rendered last. */
  stamp: string;
  /** Of the view that Slack has; undefined = not known. */
  digest: string | undefined;
  standing: { readonly asker: Asker | OperatorError; readonly atMs: number } | undefined;
  /** One publication at a time, so that an older view never replaces a newer one. */
  last: Promise<void>;
}

class WatchedHomes implements Homes {
  readonly #deps: HomesDeps;
  readonly #stopping = new AbortController();
  readonly #watchers = new Map<string, Watcher>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #serving: Promise<void> | undefined;

  constructor(deps: HomesDeps) {
    this.#deps = deps;
  }

  serve(): void {
    this.#serving ??= this.#loop();
  }

  opened(visitor: HomeVisitor): Promise<void> {
    const known = this.#watchers.get(visitor.userId);
    const watcher = known ?? newWatcher(visitor);
    this.#watchers.delete(visitor.userId);
    this.#watchers.set(visitor.userId, watcher);
    for (const oldest of this.#watchers.keys()) if (this.#watchers.size > MOST_WATCHERS) this.#watchers.delete(oldest);
    watcher.openedMs = this.#deps.clock.monotonicMs();
    watcher.standing = undefined;
    watcher.digest = undefined;
    return this.#publish(watcher);
  }

  async refresh(userId: string): Promise<void> {
    const watcher = this.#watchers.get(userId);
    if (watcher) await this.#publish(watcher);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#serving;
    await Promise.all([...this.#watchers.values()].map(({ last }) => last));
  }

  async #loop(): Promise<void> {
    const { clock, logger, pollMs } = this.#deps;
    let waitMs = pollMs;
    while (!this.#stopping.signal.aborted) {
      try {
        const due = await this.#due();
        for (const watcher of due) await this.#publish(watcher);
        waitMs = due.length > 0 ? Math.max(pollMs, PAUSE_MS) : pollMs;
      } catch (error) {
        logger.error('looking for Homes to show failed', { error: messageOf(error) });
      }
      await clock.sleep(waitMs, this.#stopping.signal).catch(() => {});
    }
  }

  /** Watchers whose Home may look different, those whose Home is oldest first. */
  async #due(): Promise<Watcher[]> {
    const { overviews, clock } = this.#deps;
    const now = clock.monotonicMs();
    for (const [user, { openedMs }] of this.#watchers) if (now - openedMs > WATCHED_MS) this.#watchers.delete(user);
    if (this.#watchers.size === 0 || now < this.#pausedUntilMs) return [];
    const stamp = await overviews.stamp();
    return [...this.#watchers.values()]
      .filter((watcher) => now - watcher.publishedMs >= GAP_MS)
      .filter((watcher) => watcher.stamp !== stamp || now - watcher.renderedMs >= STALE_MS)
      .sort((a, b) => a.renderedMs - b.renderedMs)
      .slice(0, PUBLISHED_AT_ONCE);
  }

  #publish(watcher: Watcher): Promise<void> {
    const { logger } = this.#deps;
    watcher.last = watcher.last
      .then(() => this.#show(watcher))
      .catch((error: unknown) => {
        logger.error('a Home could not be shown', { user: watcher.visitor.userId, error: messageOf(error) });
      });
    return watcher.last;
  }

  async #show(watcher: Watcher): Promise<void> {
    const { client, clock, logger } = this.#deps;
    const { userId } = watcher.visitor;
    const view = await this.#render(watcher);
    const digest = digestOf(view);
    if (digest === watcher.digest) return;
    const published = await client.publishHome(userId, view);
    watcher.publishedMs = clock.monotonicMs();
    watcher.digest = published.kind === 'ok' ? digest : undefined;
    if (published.kind === 'later') {
      watcher.stamp = '';
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, clock.monotonicMs() + published.afterMs);
    }
    if (published.kind === 'refused') {
      logger.warn('Slack refused a Home', { user: userId, error: published.error });
      this.#watchers.delete(userId);
    }
  }

  async #render(watcher: Watcher): Promise<HomeView> {
    const { overviews, policy, permalinks, clock, command } = this.#deps;
    const asker = await this.#standing(watcher);
    watcher.renderedMs = clock.monotonicMs();
    const { stamp, overview } = await overviews.current();
    watcher.stamp = stamp;
    if (asker instanceof OperatorError) return renderClosedHome(asker);
    await policy.refresh();
    const page = homePageOf({ overview, person: asker.person, policy, now: clock.now() });
    const found = await Promise.all(
      subjectsOf(page).map(async (subject) => [subject, await permalinks.of(subject, watcher.visitor.userId)] as const),
    );
    const links = new Map(found.flatMap(([subject, link]) => (link === undefined ? [] : [[subject, link]])));
    return renderHome(page, { links, command });
  }

  /** The person, or why nothing is shown to them. */
  async #standing(watcher: Watcher): Promise<Asker | OperatorError> {
    const { identity, userGroups, clock } = this.#deps;
    const { visitor, standing } = watcher;
    const now = clock.monotonicMs();
    const kind = standing?.asker instanceof OperatorError ? 'refused' : 'known';
    if (standing && now - standing.atMs < JUDGED_MS[kind]) return standing.asker;
    try {
      const [asker] = await Promise.all([identity.reader(visitor), userGroups.freshen(visitor.userId)]);
      watcher.standing = { asker, atMs: now };
      return asker;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      watcher.standing = { asker: error, atMs: now };
      return error;
    }
  }
}

function newWatcher(visitor: HomeVisitor): Watcher {
  const never = Number.NEGATIVE_INFINITY;
  return {
    visitor,
    openedMs: never,
    publishedMs: never,
    renderedMs: never,
    stamp: '',
    digest: undefined,
    standing: undefined,
    last: Promise.resolve(),
  };
}
