import type { Condition } from '../base/condition.ts';
import { messageOf } from '../base/error.ts';
import type { HostName, ProposalId, RunId } from '../base/ids.ts';
import { workOnChange } from './changing.ts';
import type { EngineContext } from './context.ts';
import { LeaseLost } from './lease-lost.ts';
import type { Lease } from './ports.ts';
import { workOnRun } from './reading.ts';

/** A run to be read or a change to be made. */
export type Subject =
  | { readonly kind: 'run'; readonly id: RunId }
  | { readonly kind: 'change'; readonly id: ProposalId };

/*
 * Work is done under a lease, so that two processes on one store never do the same thing at once. The lease is renewed
 * while the work goes on and every write carries its token; who lost it stops. Changes that share a host are made one
 * after the other; other changes, and runs, side by side.
 */

/** Does the work that the store holds. */
export interface Worker extends AsyncDisposable {
  /**
   * Works on one subject until it waits for people or is done; waits while another process works on it. Rejects with what
   * stopped the work here, such as a full disk; the work can be taken up again.
   */
  drive(subject: Subject): Promise<void>;
  /** From now on takes up all work it finds, recovery of what dead processes left included. */
  serve(): void;
  /** Looks for work now instead of at the next poll. */
  nudge(): void;
  /** Ends local work on a subject at once; what it left open can be taken up again. */
  interrupt(subject: Subject): void;
  /** Whether work is taken up: it was looked for a moment ago, and could be. */
  condition(): Condition;
}

/** A worker over the engine's context. */
export function createWorker(context: EngineContext): Worker {
  return new LeasedWorker(context);
}

/** How long work is left alone after an error that is not the subject's: a full disk, a defect. */
const AFTER_ERROR_MS = 5000;

/** Looking for work takes milliseconds; whoever has not done it for so long is stuck. */
const STUCK_AFTER_MS = 30_000;

class LeasedWorker implements Worker {
  readonly #context: EngineContext;
  readonly #active = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();
  readonly #stopping = new AbortController();
  /** Work that an error ended here is left alone until then, on the monotonic clock. */
  readonly #pausedUntilMs = new Map<string, number>();
  /** The last change of this process on each host: changes that share a host are made one after the other. */
  readonly #turns = new Map<HostName, Promise<void>>();
  #serving: Promise<void> | undefined;
  /** When work was last looked for and could be, on the monotonic clock. */
  #lookedMs: number | undefined;
  #wake: () => void = () => {};

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async drive(subject: Subject): Promise<void> {
    while (!this.#stopping.signal.aborted && (await this.#isWorking(subject))) {
      await this.#attempt(subject).catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) throw error;
      });
      if (await this.#isWorking(subject)) await this.#pause();
    }
  }

  serve(): void {
    this.#serving ??= this.#loop();
  }

  nudge(): void {
    this.#wake();
  }

  condition(): Condition {
    if (this.#stopping.signal.aborted) return { ok: false, words: 'stopping: no work is taken up' };
    if (this.#lookedMs === undefined) return { ok: false, words: 'work was not looked for yet' };
    const agoMs = this.#context.clock.monotonicMs() - this.#lookedMs;
    if (agoMs < STUCK_AFTER_MS) return { ok: true, words: `work is taken up; ${this.#active.size} under way` };
    return { ok: false, words: `work was last looked for ${Math.round(agoMs / 1000)} s ago; the log says why` };
  }

  interrupt(subject: Subject): void {
    this.#active.get(keyOf(subject))?.abort.abort(new Error('cancelled'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    this.#wake();
    for (const { abort } of this.#active.values()) abort.abort(new Error('stopping'));
    await this.#serving;
    await Promise.allSettled([...this.#active.values()].map(({ done }) => done));
  }

  async #loop(): Promise<void> {
    const { store, clock, logger } = this.#context;
    while (!this.#stopping.signal.aborted) {
      try {
        await store.changes.expire(clock.now());
        for (const id of await store.runs.unfinished()) this.#takeUp({ kind: 'run', id });
        for (const id of await store.changes.working()) this.#takeUp({ kind: 'change', id });
        this.#lookedMs = clock.monotonicMs();
      } catch (error) {
        logger.error('looking for work failed', { error: messageOf(error) });
      }
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([
      woken,
      this.#context.clock.sleep(this.#context.timing.pollMs, this.#stopping.signal).catch(() => {}),
    ]);
  }

  /** Works on a subject beside everything else, unless an error ended work on it a moment ago. */
  #takeUp(subject: Subject): void {
    const { clock, logger } = this.#context;
    const key = keyOf(subject);
    if (this.#active.has(key) || (this.#pausedUntilMs.get(key) ?? 0) > clock.monotonicMs()) return;
    this.#pausedUntilMs.delete(key);
    this.#attempt(subject).catch((error: unknown) => {
      if (error instanceof LeaseLost) return;
      this.#pausedUntilMs.set(key, clock.monotonicMs() + AFTER_ERROR_MS);
      logger.error('work was interrupted by an error', { subject: key, error: messageOf(error) });
    });
  }

  /** Works on a subject if nobody does; resolves when this process is done with it, rejects with what stopped it. */
  #attempt(subject: Subject): Promise<void> {
    const key = keyOf(subject);
    const running = this.#active.get(key);
    if (running) return running.done;
    if (this.#stopping.signal.aborted) return Promise.resolve();
    const abort = new AbortController();
    const done = this.#underLease(subject, key, abort).finally(() => this.#active.delete(key));
    this.#active.set(key, { abort, done });
    return done;
  }

  async #underLease(subject: Subject, key: string, abort: AbortController): Promise<void> {
    const { store, clock, timing, owner } = this.#context;
    const lease = await store.leases.acquire(key, owner, timing.leaseTtlMs, clock.now());
    if (!lease) return;
    const keeping = this.#keep(subject, lease, abort);
    try {
      await this.#work(subject, lease, abort.signal);
    } finally {
      keeping.abort();
      abort.abort(new Error('work ended'));
      await store.leases.release(lease);
    }
  }

  #work(subject: Subject, lease: Lease, signal: AbortSignal): Promise<void> {
    if (subject.kind === 'run') return workOnRun(this.#context, subject.id, lease, signal);
    return this.#inTurn(subject.id, () => workOnChange(this.#context, subject.id, lease, signal));
  }

  async #inTurn(id: ProposalId, work: () => Promise<void>): Promise<void> {
    const attempts = await this.#context.store.changes.attempts(id);
    const hosts = attempts.map(({ host }) => host);
    const turn = Promise.all(hosts.map((host) => this.#turns.get(host))).then(work);
    const over = turn.catch(() => {});
    for (const host of hosts) this.#turns.set(host, over);
    return turn;
  }

  /** Renews the lease and notices that the run was cancelled elsewhere, until told to stop. */
  #keep(subject: Subject, lease: Lease, abort: AbortController): AbortController {
    const { store, clock, timing } = this.#context;
    const keeping = new AbortController();
    const every = Math.min(1000, timing.leaseTtlMs / 3);
    const run = async (): Promise<void> => {
      while (!keeping.signal.aborted) {
        await clock.sleep(every, keeping.signal);
        const kept = await store.leases.renew(lease, timing.leaseTtlMs, clock.now());
        if (!kept || !(await this.#isWorking(subject))) abort.abort(new Error(kept ? 'cancelled' : 'lease lost'));
      }
    };
    run().catch((error: unknown) => {
      if (!keeping.signal.aborted) abort.abort(error);
    });
    return keeping;
  }

  async #isWorking(subject: Subject): Promise<boolean> {
    const { store } = this.#context;
    if (subject.kind === 'run') return (await store.runs.find(subject.id))?.state === 'reading';
    const state = (await store.changes.find(subject.id))?.state;
    return state === 'applying' || state === 'undoing';
  }
}

function keyOf(subject: Subject): string {
  return `${subject.kind}:${subject.id}`;
}
