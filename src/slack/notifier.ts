import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import type { RunId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { RunView } from '../engine/view.ts';
import type { RunbookLibrary } from '../runbook/load.ts';
import type { Message } from './limits.ts';
import type { LiveClient, Shown } from './live-client.ts';
import { createPace, type Pace } from './pace.ts';
import { renderProposalMessage } from './views/proposal.ts';
import { renderRawOutput } from './views/raw-output.ts';
import { renderRunMessage } from './views/run.ts';

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
  readonly pollMs: number;
}

/** Keeps Slack's messages true to what is stored. */
export interface Notifier extends AsyncDisposable {
  serve(): void;
  /** Shows a run now; `refused` says why Slack does not take it, such as `not_in_channel`. */
  show(id: RunId): Promise<Shown>;
}

const AT_ONCE = 20;
const REFUSED_PAUSE_MS = 60_000;

/** A notifier; nothing happens before `serve`. */
export function createNotifier(deps: NotifierDeps): Notifier {
  return new ProjectingNotifier(deps);
}

class ProjectingNotifier implements Notifier {
  readonly #deps: NotifierDeps;
  readonly #pace: Pace;
  readonly #stopping = new AbortController();
  readonly #syncing = new Map<RunId, Promise<Shown>>();
  readonly #lastShown = new Map<string, string>();
  readonly #refusedUntil = new Map<RunId, number>();
  #serving: Promise<void> | undefined;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#pace = createPace(deps.clock);
  }

  serve(): void {
    this.#serving ??= this.#loop();
  }

  show(id: RunId): Promise<Shown> {
    const running = this.#syncing.get(id);
    if (running) return running;
    const sync = this.#sync(id).finally(() => this.#syncing.delete(id));
    this.#syncing.set(id, sync);
    return sync;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#serving;
    await Promise.allSettled(this.#syncing.values());
  }

  async #loop(): Promise<void> {
    const { messages, clock, logger, pollMs } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      try {
        const due = (await messages.outdated(AT_ONCE)).filter((id) => (this.#refusedUntil.get(id) ?? 0) <= clock.now());
        await Promise.all(due.map((id) => this.show(id)));
      } catch (error) {
        logger.error('showing runs in Slack failed', { error: messageOf(error) });
      }
      await clock.sleep(pollMs, this.#stopping.signal).catch(() => {});
    }
  }

  async #sync(id: RunId): Promise<Shown> {
    const { engine, messages, clock, logger } = this.#deps;
    const view = await engine.view(id);
    const { channel } = view.run;
    if (channel === null) return { kind: 'refused', error: 'no_channel' };
    const run = await this.#showMessage(channel, `run:${id}`, this.#renderRun(view), view);
    const parts = run.kind === 'ok' ? await this.#showParts(channel, run.ts, view) : [];
    const bad = [run, ...parts].find(({ kind }) => kind !== 'ok');
    if (!bad) await messages.rendered(`run:${id}`, channel, view.run.revision);
    if (bad?.kind === 'refused') {
      logger.warn('Slack refused a message', { run: id, channel, error: bad.error });
      this.#refusedUntil.set(id, clock.now() + REFUSED_PAUSE_MS);
    }
    return bad ?? run;
  }

  #renderRun(view: RunView): Message {
    const runbook = this.#deps.runbooks.runbooks.find(({ name }) => name === view.run.runbook);
    return renderRunMessage({
      view,
      probes: runbook?.steps.map(({ probe }) => probe.id) ?? [],
      now: this.#deps.clock.now(),
    });
  }

  async #showParts(channel: string, ts: string, view: RunView): Promise<Shown[]> {
    const shown: Shown[] = [];
    for (const part of view.proposals) {
      const approvers = this.#deps.policy.approversBeside(part.proposal.requester).map(({ name }) => name);
      shown.push(
        await this.#showMessage(
          channel,
          `proposal:${part.proposal.id}`,
          renderProposalMessage({ view: part, approvers }),
          view,
        ),
      );
    }
    if (view.run.state !== 'reading' && view.steps.length > 0) shown.push(await this.#attachRaw(channel, ts, view));
    return shown;
  }

  /** Posts a subject's message once, then updates it whenever it would look different. */
  async #showMessage(channel: string, subject: string, message: Message, view: RunView): Promise<Shown> {
    const { messages, live } = this.#deps;
    const look = digestOf(message);
    const record = await messages.find(subject);
    const known = record?.ts ?? (record ? await live.find(record.channel, subject, view.run.createdAt) : undefined);
    if (known !== undefined && this.#lastShown.get(subject) === look) return { kind: 'ok', ts: known };
    const wait = this.#pace.waitMs(subject, { urgent: known === undefined || view.run.state !== 'reading' });
    if (wait > 0) return { kind: 'later', afterMs: wait };
    if (!record) await messages.reserve(subject, channel);
    const shown =
      known === undefined
        ? await live.post(channel, message, subject)
        : await live.update(record?.channel ?? channel, known, message);
    this.#pace.happened(subject, shown);
    if (shown.kind !== 'ok') return shown;
    if (record?.ts !== shown.ts) await messages.posted(subject, channel, shown.ts, 0);
    this.#lastShown.set(subject, look);
    return shown;
  }

  /** What the hosts printed, once, as a file in the run's thread. */
  async #attachRaw(channel: string, ts: string, view: RunView): Promise<Shown> {
    const { messages, live } = this.#deps;
    const subject = `raw:${view.run.id}`;
    if (!(await messages.reserve(subject, channel))) return { kind: 'ok', ts };
    const text = renderRawOutput(view);
    const shown = await live.upload(channel, ts, {
      name: `run-${view.run.id}.txt`,
      title: `Run ${view.run.id}: evidence and raw output`,
      text,
    });
    if (shown.kind === 'ok') await messages.posted(subject, channel, ts, 0);
    else this.#deps.logger.warn('raw output could not be attached', { run: view.run.id, kind: shown.kind });
    return { kind: 'ok', ts };
  }
}
