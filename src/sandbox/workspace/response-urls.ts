import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Message } from './messages.ts';

/** A response_url works this often and this long (docs.slack.dev, "Handling user interaction"). */
const USES = 5;
const LIFETIME_MS = 30 * 60 * 1000;

/** Where an answer through a response_url goes. */
export interface ResponseTarget {
  readonly channel: string;
  readonly user: string;
  readonly threadTs?: string;
  /** The message whose button was clicked; absent for commands. */
  readonly message?: Message;
}

/** What came of using a response_url. */
type ResponseUse =
  | { readonly ok: true; readonly target: ResponseTarget }
  | { readonly ok: false; readonly error: 'used_url' | 'expired_url' };

/** The response_urls that were given out. */
export interface ResponseUrls {
  /** The path below the sandbox's origin. */
  issue(target: ResponseTarget): string;
  use(id: string): ResponseUse;
}

/** No response_urls yet. */
export function createResponseUrls(deps: { clock: Clock; ids: Ids }): ResponseUrls {
  const issued = new Map<string, { target: ResponseTarget; atMs: number; left: number }>();
  return {
    issue: (target) => {
      const id = deps.ids.nonce();
      issued.set(id, { target, atMs: deps.clock.monotonicMs(), left: USES });
      return `/response/${id}`;
    },
    use: (id) => {
      const entry = issued.get(id);
      if (entry === undefined || deps.clock.monotonicMs() - entry.atMs > LIFETIME_MS) {
        return { ok: false, error: 'expired_url' };
      }
      if (entry.left === 0) return { ok: false, error: 'used_url' };
      entry.left -= 1;
      return { ok: true, target: entry.target };
    },
  };
}
