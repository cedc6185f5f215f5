import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import type { Logger } from '../base/logger.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Message } from './limits.ts';
import type { Found, LiveClient, Shown, TextFile } from './live-client.ts';
import type { Pace, Showing } from './pace.ts';

/*
 * Everything has a subject, and a subject is in Slack once. Before something is posted its subject is reserved in the
 * store, and the time stamp is stored afterwards. A reservation without a time stamp was left by a process that died, is
 * held by another that is at work, or is our own whose answer was lost: then Slack is searched, and posted to only when
 * the thing is not there after the longest time that such a call can take.
 */

/** What posting works with. */
export interface PostingDeps {
  readonly messages: MessageStore;
  readonly live: LiveClient;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A message that shall be in Slack, and look like this. */
interface WantedMessage {
  readonly subject: string;
  readonly channel: string;
  readonly message: Message;
  /** It cannot have been posted before. */
  readonly sinceMs: number;
  readonly how: Exclude<Showing, 'post'>;
}

/** A file that shall be in a message's thread. */
export interface WantedFile {
  readonly subject: string;
  readonly channel: string;
  readonly threadTs: string;
  file(): TextFile | Promise<TextFile>;
}

/** Puts messages and files into Slack, each once. */
export interface Posting {
  /** Posts a message, or updates it when it would look different; `ok` has its time stamp. */
  show(wanted: WantedMessage): Promise<Shown>;
  /** Updates a message that may have been posted, without ever posting it; `refused` also when it was not. */
  amend(wanted: WantedMessage): Promise<Shown>;
  /** Attaches a file; `ok` also when Slack refuses it for good, which is logged. */
  attach(wanted: WantedFile): Promise<Shown>;
}

/** How long calls may still be under way, of this process or another: the client's time limits and a margin. */
const POST_MS = 12_000;
const UPLOAD_MS = 35_000;
const CONTENDED_MS = 1000;
/** Looks that are remembered; a forgotten one costs an update that changes nothing. */
const LOOKS = 2000;
/** Slack's answers when a message that was posted cannot be updated any more. */
const GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed'];
const UNREADABLE = /^(?:invalid_blocks|msg_blocks_too_long|msg_too_long)/;

const NOT_POSTED: Shown = { kind: 'refused', error: 'message_not_posted' };

interface Once {
  readonly subject: string;
  readonly channel: string;
  readonly record: Awaited<ReturnType<MessageStore['find']>>;
  /** How long the act may take. */
  readonly mayTakeMs: number;
  /** What to do in doubt when Slack does not let this app look. */
  readonly hidden: 'act' | 'refuse';
  look(): Promise<Found>;
  act(): Promise<Shown>;
}

/** `there`: it had been posted, by a process that did not come to store it or whose answer was lost. */
type Acted = Shown | { readonly kind: 'there'; readonly ts: string };

/** Posting over one store and one workspace. */
export function createPosting(deps: PostingDeps): Posting {
  return new OncePosting(deps);
}

class OncePosting implements Posting {
  readonly #deps: PostingDeps;
  /** The digest of what a subject's message looks like now. */
  readonly #looks = new Map<string, string>();
  /** Subjects that this process has reserved and surely not posted. */
  readonly #unsent = new Set<string>();
  /** Until when a reservation in doubt may still be fulfilled by a call under way. */
  readonly #doubtUntil = new Map<string, number>();
  readonly #refusedFiles = new Set<string>();

  constructor(deps: PostingDeps) {
    this.#deps = deps;
  }

  async show(wanted: WantedMessage): Promise<Shown> {
    const record = await this.#deps.messages.find(wanted.subject);
    return this.#shown(wanted, { record, hidden: 'act', act: () => this.#post(wanted) });
  }

  async amend(wanted: WantedMessage): Promise<Shown> {
    const record = await this.#deps.messages.find(wanted.subject);
    if (!record) return NOT_POSTED;
    return this.#shown(wanted, { record, hidden: 'refuse', act: async () => NOT_POSTED });
  }

  async #shown(wanted: WantedMessage, how: Pick<Once, 'record' | 'hidden' | 'act'>): Promise<Shown> {
    const { live } = this.#deps;
    const { subject, channel, message, sinceMs } = wanted;
    if (how.record?.ts) return this.#update(wanted, how.record.channel, how.record.ts);
    const look = () => live.findMessage(channel, subject, sinceMs);
    const acted = await this.#once({ subject, channel, mayTakeMs: POST_MS, look, ...how });
    if (acted.kind === 'there') return this.#update(wanted, channel, acted.ts);
    if (acted.kind === 'ok') this.#remember(subject, digestOf(message));
    return acted;
  }

  async attach(wanted: WantedFile): Promise<Shown> {
    const { messages, live, logger } = this.#deps;
    const { subject, channel, threadTs } = wanted;
    const done: Shown = { kind: 'ok', ts: threadTs };
    const record = await messages.find(subject);
    if (record?.ts || this.#refusedFiles.has(subject)) return done;
    const acted = await this.#once({
      subject,
      channel,
      record,
      mayTakeMs: UPLOAD_MS,
      hidden: 'refuse',
      look: async () => live.findFile(channel, threadTs, (await wanted.file()).name),
      act: async () => live.upload(channel, threadTs, await wanted.file()),
    });
    if (acted.kind === 'there') return done;
    if (acted.kind !== 'refused') return acted;
    logger.warn('a file could not be attached', { subject, error: acted.error });
    this.#refusedFiles.add(subject);
    return done;
  }

  async #update(wanted: WantedMessage, channel: string, ts: string): Promise<Shown> {
    const { live, pace, messages } = this.#deps;
    const { subject, message, how } = wanted;
    const look = digestOf(message);
    if (this.#looks.get(subject) === look) return { kind: 'ok', ts };
    const wait = pace.take(subject, how);
    if (wait > 0) return { kind: 'later', afterMs: wait };
    const updated = await this.#readable(wanted, (readable) => live.update(channel, ts, readable));
    pace.answered(updated);
    const gone = updated.kind === 'refused' && GONE.includes(updated.error);
    const shown = gone ? await this.#post(wanted) : updated;
    if (shown.kind !== 'ok') return shown;
    if (gone) await messages.posted(subject, channel, shown.ts, 0);
    this.#remember(subject, look);
    return shown;
  }

  #remember(subject: string, look: string): void {
    this.#looks.delete(subject);
    this.#looks.set(subject, look);
    for (const oldest of this.#looks.keys()) if (this.#looks.size > LOOKS) this.#looks.delete(oldest);
  }

  #post(wanted: WantedMessage): Promise<Shown> {
    return this.#readable(wanted, (readable) => this.#deps.live.post(wanted.channel, readable, wanted.subject));
  }

  /** Words alone when Slack does not accept the blocks: a message without buttons is better than none. */
  async #readable({ subject, message }: WantedMessage, call: (message: Message) => Promise<Shown>): Promise<Shown> {
    const shown = await call(message);
    if (shown.kind !== 'refused' || !UNREADABLE.test(shown.error)) return shown;
    this.#deps.logger.error('Slack does not accept the blocks of a message', { subject, error: shown.error });
    return call({ text: message.text, blocks: [] });
  }

  /** Does what makes a subject visible, unless it is visible already or somebody else may be at it. */
  async #once(wanted: Once): Promise<Acted> {
    const { messages, pace } = this.#deps;
    const { subject, channel, record } = wanted;
    const wait = pace.waitMs(channel, 'post');
    if (wait > 0) return { kind: 'later', afterMs: wait };
    if (!record) {
      if (!(await messages.reserve(subject, channel))) return { kind: 'later', afterMs: CONTENDED_MS };
      this.#unsent.add(subject);
    }
    const before = this.#unsent.has(subject) ? undefined : await this.#settleDoubt(wanted);
    if (before) return before;
    const turn = pace.take(channel, 'post');
    if (turn > 0) {
      this.#unsent.add(subject);
      return { kind: 'later', afterMs: turn };
    }
    this.#unsent.delete(subject);
    const shown = await wanted.act();
    pace.answered(shown);
    if (shown.kind === 'ok') await messages.posted(subject, channel, shown.ts, 0);
    if (shown.kind === 'later' || shown.kind === 'refused') this.#unsent.add(subject);
    return shown;
  }

  /** Looks whether a reserved subject was posted; undefined = it was not, and nobody can be about to. */
  async #settleDoubt({ subject, channel, mayTakeMs, hidden, look }: Once): Promise<Acted | undefined> {
    const { messages, clock } = this.#deps;
    const until = this.#doubtUntil.get(subject);
    const left = (until ?? 0) - clock.monotonicMs();
    if (left > 0) return { kind: 'later', afterMs: left };
    const found = await look();
    if (found.kind === 'later') return found;
    if (found.kind === 'found') {
      await messages.posted(subject, channel, found.ts, 0);
      this.#doubtUntil.delete(subject);
      return { kind: 'there', ts: found.ts };
    }
    if (found.kind === 'hidden' && hidden === 'refuse') return { kind: 'refused', error: 'cannot_look' };
    if (until !== undefined) {
      this.#doubtUntil.delete(subject);
      return undefined;
    }
    this.#doubtUntil.set(subject, clock.monotonicMs() + mayTakeMs);
    return { kind: 'later', afterMs: mayTakeMs };
  }
}
