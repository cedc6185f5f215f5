import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/error.ts';
import type { RunId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { ProposalView, RunOutline } from '../engine/view.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import { createGlassAnnouncer, type GlassAnnouncer } from './glass-announcer.ts';
import type { LiveClient, Shown } from './live-client.ts';
import { createPace, type Pace } from './pace.ts';
import { createPosting, type Posting, type WantedFile } from './posting.ts';
import { proposalTerms } from './proposal-terms.ts';
import { planFileName, renderProposalMessage } from './views/proposal.ts';
import { renderRawOutput, renderWholePlan } from './views/raw-output.ts';
import { renderRunMessage, runFileName } from './views/run.ts';

/*
 * Slack's messages are projections of what is stored: this loop looks for runs whose message is behind, renders them and
 * posts or updates. A restart, another process's approval and a lost update all end in the same place: render again.
 */

/** What the notifier shows and where. */
export interface NotifierDeps {
  readonly engine: Engine;
  readonly messages: MessageStore;
  readonly policy: Policy;
  readonly runbooks: RunbookLibrary;
  readonly live: LiveClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The slash command, where messages say what to type. */
  readonly command: string;
  readonly pollMs: number;
  /** Shared with whatever else updates messages; one of its own unless given. */
  readonly pace?: Pace;
}

/** Keeps Slack's messages true to what is stored. */
export interface Notifier extends AsyncDisposable {
  serve(): void;
  /** Shows a run now; `refused` says why Slack does not take it, such as `not_in_channel`. */
  show(id: RunId): Promise<Shown>;
  /** Shows a run, waiting while Slack wants fewer calls, but not longer than some seconds. */
  showPatiently(id: RunId): Promise<Shown>;
}

const AT_ONCE = 20;
const PATIENCE_MS = 8000;
/** Runs that cannot be shown now are looked at again after at most this, for something urgent may have happened. */
const LATER_AT_MOST_MS = 1000;
/** A run that reads is shown again after this although nothing was stored: time passes, and a host that hangs is to be seen. */
const TICK_MS = 5000;
/** Runs that Slack refuses are tried again after this, then after twice as long, and so on. */
const REFUSED_PAUSE_MS = { first: 60_000, most: 3_600_000 };

/** A notifier; nothing happens before `serve`. */
export function createNotifier(deps: NotifierDeps): Notifier {
  return new ProjectingNotifier(deps);
}

/** A message that was shown, and what belongs into its thread. Threads come last: a proposal never waits for a file. */
interface Part {
  readonly shown: Shown;
  readonly file?: Pick<WantedFile, 'subject' | 'file'>;
}

class ProjectingNotifier implements Notifier {
  readonly #deps: NotifierDeps;
  readonly #posting: Posting;
  readonly #glass: GlassAnnouncer;
  readonly #stopping = new AbortController();
  readonly #syncing = new Map<RunId, Promise<Shown>>();
  /** Runs that were not shown: when to try again, and how often Slack refused them. */
  readonly #waiting = new Map<RunId, { readonly untilMs: number; readonly refusals: number }>();
  /** Runs that read, and when they were shown last. */
  readonly #reading = new Map<RunId, number>();
  #serving: Promise<void> | undefined;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#posting = createPosting({ ...deps, pace: deps.pace ?? createPace(deps.clock) });
    this.#glass = createGlassAnnouncer({ ...deps, posting: this.#posting });
  }

  serve(): void {
    this.#serving ??= this.#loop();
  }

  show(id: RunId): Promise<Shown> {
    const running = this.#syncing.get(id);
    if (running) return running;
    const sync = this.#sync(id)
      .then((shown) => this.#noted(id, shown))
      .finally(() => this.#syncing.delete(id));
    this.#syncing.set(id, sync);
    return sync;
  }

  async showPatiently(id: RunId): Promise<Shown> {
    const { clock } = this.#deps;
    const deadline = clock.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const shown = await this.show(id);
      if (shown.kind === 'ok' || shown.kind === 'refused' || clock.monotonicMs() >= deadline) return shown;
      if (this.#stopping.signal.aborted) return shown;
      await clock.sleep(Math.min(shown.afterMs, LATER_AT_MOST_MS), this.#stopping.signal).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#serving;
    await Promise.allSettled(this.#syncing.values());
  }

  async #loop(): Promise<void> {
    const { clock, logger, pollMs } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#glass.announce();
        await Promise.all((await this.#due()).map((id) => this.#showLogging(id)));
      } catch (error) {
        logger.error('looking for what to show in Slack failed', { error: messageOf(error) });
      }
      await clock.sleep(pollMs, this.#stopping.signal).catch(() => {});
    }
  }

  /** Runs whose message is behind or has not been touched for long, beside those that wait, which must not keep others from their turn. */
  async #due(): Promise<RunId[]> {
    const { messages, clock } = this.#deps;
    const outdated = await messages.outdated(AT_ONCE + this.#waiting.size);
    const now = clock.monotonicMs();
    const ticking = [...this.#reading].flatMap(([id, shownMs]) => (shownMs + TICK_MS <= now ? [id] : []));
    const due = new Set([...outdated, ...ticking]);
    return [...due].filter((id) => (this.#waiting.get(id)?.untilMs ?? 0) <= now).slice(0, AT_ONCE);
  }

  async #showLogging(id: RunId): Promise<void> {
    try {
      await this.show(id);
    } catch (error) {
      this.#deps.logger.error('showing a run in Slack failed', { run: id, error: messageOf(error) });
      this.#waiting.set(id, { untilMs: this.#deps.clock.monotonicMs() + REFUSED_PAUSE_MS.first, refusals: 0 });
    }
  }

  #noted(id: RunId, shown: Shown): Shown {
    const now = this.#deps.clock.monotonicMs();
    const refusals = this.#waiting.get(id)?.refusals ?? 0;
    if (shown.kind === 'ok') this.#waiting.delete(id);
    else if (shown.kind === 'refused') {
      const pause = Math.min(REFUSED_PAUSE_MS.most, REFUSED_PAUSE_MS.first * 2 ** refusals);
      this.#waiting.set(id, { untilMs: now + pause, refusals: refusals + 1 });
      this.#deps.logger.warn('Slack refused a message', { run: id, error: shown.error });
    } else this.#waiting.set(id, { untilMs: now + Math.min(shown.afterMs, LATER_AT_MOST_MS), refusals });
    return shown;
  }

  async #sync(id: RunId): Promise<Shown> {
    const { engine, messages, clock } = this.#deps;
    const view = await engine.outline(id);
    const { channel } = view.run;
    if (view.run.state === 'reading') this.#reading.set(id, clock.monotonicMs());
    else this.#reading.delete(id);
    if (channel === null) return { kind: 'refused', error: 'no_channel' };
    const run = await this.#showRun(channel, view);
    if (run.shown.kind !== 'ok') return run.shown;
    const all = [run];
    for (const part of view.proposals) all.push(await this.#showProposal(channel, part, view));
    const attached: Shown[] = [];
    for (const { shown, file } of all)
      if (shown.kind === 'ok' && file)
        attached.push(await this.#posting.attach({ ...file, channel, threadTs: shown.ts }));
    const bad = [...all.map(({ shown }) => shown), ...attached].find(({ kind }) => kind !== 'ok');
    if (!bad) await messages.rendered(`run:${id}`, channel, view.run.revision);
    return bad ?? run.shown;
  }

  /** A run's message; what it rests on is attached as a file when it has ended. */
  async #showRun(channel: string, view: RunOutline): Promise<Part> {
    const { engine, runbooks, clock, command } = this.#deps;
    const { run } = view;
    const runbook = runbooks.runbooks.find(({ name }) => name === run.runbook);
    const probes = runbook?.steps.map(({ probe }) => probe.id) ?? [];
    const message = renderRunMessage({ view, probes, now: clock.now(), command });
    const how = run.state === 'reading' ? 'progress' : 'urgent';
    const shown = await this.#posting.show({ subject: `run:${run.id}`, channel, message, sinceMs: run.createdAt, how });
    if (run.state === 'reading' || (message.complete && (await engine.outputs(run.id)) === 0)) return { shown };
    const name = runFileName(run.id);
    const title = `Run ${run.id}: evidence and raw output`;
    const file = async () => ({ name, title, text: renderRawOutput(await engine.view(run.id)) });
    return { shown, file: { subject: `raw:${run.id}`, file } };
  }

  /** A proposal's message; a plan that does not fit into it is attached as a file. */
  async #showProposal(channel: string, view: ProposalView, { run }: RunOutline): Promise<Part> {
    const { proposal } = view;
    const message = renderProposalMessage({ view, ...(await proposalTerms(this.#deps, proposal)) });
    const how = proposal.state === 'applying' || proposal.state === 'undoing' ? 'progress' : 'urgent';
    const subject = `proposal:${proposal.id}`;
    const shown = await this.#posting.show({ subject, channel, message, sinceMs: run.createdAt, how });
    if (message.complete) return { shown };
    const name = planFileName(proposal.id);
    const title = `Proposal ${proposal.id}: the whole change`;
    return {
      shown,
      file: { subject: `plan:${proposal.id}`, file: () => ({ name, title, text: renderWholePlan(view) }) },
    };
  }
}
