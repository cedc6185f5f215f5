import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import { asProposalId, type ProposalId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { ProposalView } from '../engine/view.ts';
import type { Directs } from './directs.ts';
import type { Identity } from './identity.ts';
import type { Message } from './limits.ts';
import type { Shown } from './live-client.ts';
import type { Overviews } from './overviews.ts';
import type { Permalinks } from './permalinks.ts';
import type { Posting } from './posting.ts';
import { renderNotice, renderSettledNotice } from './views/notice.ts';

/*
 * Who may approve an open proposal is told so once, in direct messages, which say later that it was decided. A direct
 * message goes to its conversation (conversations.open, scope im:write) and not to the member's id: only with the id of
 * the conversation can it be found again after a crash, and updated.
 */

/** What telling approvers works with. */
export interface ApproverNoticesDeps {
  readonly engine: Pick<Engine, 'outline' | 'proposal'>;
  readonly overviews: Overviews;
  readonly messages: MessageStore;
  readonly policy: Policy;
  readonly identity: Pick<Identity, 'reader'>;
  readonly directs: Pick<Directs, 'of'>;
  readonly permalinks: Permalinks;
  readonly posting: Posting;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}

/** Tells people of proposals that wait for them. */
export interface ApproverNotices extends AsyncDisposable {
  serve(): void;
  /** Tells whoever is not told yet, and says of what was decided that it was. One call at a time. */
  tell(): Promise<void>;
}

/** So many people are told of a proposal: enough that somebody is awake, and no flood. */
const TOLD_AT_MOST = 10;
/** Notices that say they are settled have this revision. */
const SETTLED = 1;
const SETTLED_AT_ONCE = 2;
const LOOKED_THROUGH = 1000;
/** Direct messages that Slack refuses are tried again after this, and people who are no members are asked about again. */
const REFUSED_PAUSE_MS = 60_000;
const KEPT_IN_MIND = 1000;

/** A direct message to a member. */
interface Notice {
  readonly subject: string;
  readonly user: string;
  readonly message: Message;
  readonly sinceMs: number;
}

/** Notices over one workspace; nothing happens before `serve`. */
export function createApproverNotices(deps: ApproverNoticesDeps): ApproverNotices {
  return new OnceNotices(deps);
}

class OnceNotices implements ApproverNotices {
  readonly #deps: ApproverNoticesDeps;
  readonly #stopping = new AbortController();
  /** Subjects that wait, until when. */
  readonly #pausedUntilMs = new Map<string, number>();
  /** Who is a full member, until when that counts. */
  readonly #members = new Map<string, { readonly isMember: boolean; readonly untilMs: number }>();
  /** Of the overview of which everybody is told; undefined = somebody is not. */
  #toldOf: string | undefined;
  #serving: Promise<void> | undefined;

  constructor(deps: ApproverNoticesDeps) {
    this.#deps = deps;
  }

  serve(): void {
    this.#serving ??= this.#loop();
  }

  async tell(): Promise<void> {
    const { overviews, policy, messages } = this.#deps;
    const { stamp, overview } = await overviews.current();
    if (stamp === this.#toldOf) return;
    await policy.refresh();
    let complete = true;
    for (const view of overview.open) if (!(await this.#tellOf(view))) complete = false;
    const behind = await messages.behind('notice:', SETTLED, LOOKED_THROUGH);
    const open = new Set<ProposalId>(overview.open.map(({ proposal }) => proposal.id));
    const settled = behind.filter(({ subject }) => !open.has(proposalOf(subject)));
    const due = settled.filter(({ subject }) => !this.#isPaused(subject)).slice(0, SETTLED_AT_ONCE);
    for (const { subject, channel } of due) await this.#settle(subject, channel);
    this.#toldOf = complete && settled.length === 0 ? stamp : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#serving;
  }

  async #loop(): Promise<void> {
    const { clock, logger, pollMs } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      await this.tell().catch((error: unknown) => {
        logger.error('telling approvers failed', { error: messageOf(error) });
      });
      await clock.sleep(pollMs, this.#stopping.signal).catch(() => {});
    }
  }

  /** True = nobody has to be told of this proposal any more. */
  async #tellOf(view: ProposalView): Promise<boolean> {
    const { messages, policy, permalinks } = this.#deps;
    const { id } = view.proposal;
    // Somebody who asked on the command line has no message to lead to; the Home of approvers has the proposal.
    const posted = await messages.find(`proposal:${id}`);
    if (!posted?.ts) return false;
    const approvers = policy.approversBeside(view.proposal).flatMap(({ slackUserId }) => slackUserId ?? []);
    const members = await this.#membersOf(approvers);
    const told = { people: members.told.length, of: members.of };
    let complete = members.of === approvers.length;
    for (const user of members.told) {
      const subject = `notice:${id}:${user}`;
      if ((await messages.find(subject))?.ts) continue;
      const message = renderNotice({ view, link: await permalinks.of(`proposal:${id}`, user), told });
      if (!(await this.#post({ subject, user, message, sinceMs: view.proposal.createdAt }))) complete = false;
    }
    return complete;
  }

  /** Who of the approvers is told, and how many there are as far as is known. What runs where is nothing for guests. */
  async #membersOf(approvers: readonly string[]): Promise<{ readonly told: readonly string[]; readonly of: number }> {
    const told: string[] = [];
    let of = approvers.length;
    for (const user of approvers) {
      if (told.length === TOLD_AT_MOST) break;
      if (await this.#isMember(user)) told.push(user);
      else of -= 1;
    }
    return { told, of };
  }

  async #post(notice: Notice): Promise<boolean> {
    const { logger, clock } = this.#deps;
    const { subject } = notice;
    if (this.#isPaused(subject)) return false;
    const shown = await this.#show(notice);
    if (shown.kind === 'ok') return true;
    if (shown.kind === 'refused') logger.warn('Slack refused a direct message', { subject, error: shown.error });
    remember(this.#pausedUntilMs, subject, clock.monotonicMs() + waitMs(shown));
    return false;
  }

  #isPaused(subject: string): boolean {
    return this.#deps.clock.monotonicMs() < (this.#pausedUntilMs.get(subject) ?? Number.NEGATIVE_INFINITY);
  }

  async #show({ subject, user, message, sinceMs }: Notice): Promise<Shown> {
    const direct = await this.#deps.directs.of(user);
    if (direct.kind !== 'ok') return direct;
    return this.#deps.posting.show({ subject, channel: direct.value, message, sinceMs, how: 'progress' });
  }

  /** Asked of Slack once a minute at most, for proposals are looked through more often. */
  async #isMember(userId: string): Promise<boolean> {
    const { identity, clock } = this.#deps;
    const known = this.#members.get(userId);
    if (known && clock.monotonicMs() < known.untilMs) return known.isMember;
    const isMember = await identity.reader({ userId }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof OperatorError) return false;
        throw error;
      },
    );
    remember(this.#members, userId, { isMember, untilMs: clock.monotonicMs() + REFUSED_PAUSE_MS });
    return isMember;
  }

  /** Says in a notice that was or may have been posted that nobody has to do anything any more. */
  async #settle(subject: string, channel: string): Promise<void> {
    const { engine, messages, permalinks, posting, clock } = this.#deps;
    const { id, runId } = await engine.proposal(proposalOf(subject));
    const view = (await engine.outline(runId)).proposals.find(({ proposal }) => proposal.id === id);
    if (!view || view.proposal.state === 'open') return;
    const message = renderSettledNotice({ view, link: await permalinks.of(`proposal:${id}`, memberOf(subject)) });
    const shown = await posting.amend({ subject, channel, message, sinceMs: view.proposal.createdAt, how: 'progress' });
    if (shown.kind === 'ok' || shown.kind === 'refused') await messages.rendered(subject, channel, SETTLED);
    else remember(this.#pausedUntilMs, subject, clock.monotonicMs() + waitMs(shown));
  }
}

function waitMs(shown: Exclude<Shown, { kind: 'ok' }>): number {
  return shown.kind === 'refused' ? REFUSED_PAUSE_MS : shown.afterMs;
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) if (map.size > KEPT_IN_MIND) map.delete(oldest);
}

/** `notice:41-1:U123` is about 41-1. */
function proposalOf(subject: string): ProposalId {
  return asProposalId(subject.split(':')[1] ?? '');
}

function memberOf(subject: string): string {
  return subject.split(':')[2] ?? '';
}
