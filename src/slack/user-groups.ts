import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import type { GroupMembers, GroupStore } from '../engine/policy/membership.ts';
import { createApiClient } from './api-client.ts';

/*
 * Roles may rest on Slack's user groups. Who is in one is read every five minutes and stored, so that a decision need not
 * wait for Slack; what is older than the policy trusts counts for nobody. Reading is Tier 2, about 20 calls a minute
 * (docs.slack.dev/reference/methods/usergroups.users.list), so a click has a group read again at most once a minute.
 */

/** Keeps what is stored of Slack's user groups true. */
export interface UserGroups extends AsyncDisposable {
  /** From now on reads all groups every five minutes. */
  serve(): void;
  /** Before somebody does something: reads what is unknown or old, and groups that did not have them a minute ago. Never rejects. */
  freshen(userId: string): Promise<void>;
}

/** Asks Slack who is in a group; the answer is not trusted until parsed. */
export type AskGroup = (group: string) => Promise<unknown>;

/** What reading groups works with. */
export interface UserGroupsDeps {
  /** Ids of the groups that the policy names. */
  readonly groups: readonly string[];
  readonly store: GroupStore;
  readonly ask: AskGroup;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EVERY_MS = 5 * 60_000;
const LOOKED_AT_MS = 60_000;
const TIMEOUT_MS = 5000;

const Answer = z.object({ ok: z.literal(true), users: z.array(z.string()) });

/** Its calls end with `hangUp`. */
export function createAskGroup(token: Secret, slackApiUrl: string | undefined, hangUp: AbortSignal): AskGroup {
  const client = createApiClient({ token, apiUrl: slackApiUrl, timeoutMs: TIMEOUT_MS, hangUp });
  return (usergroup) => client.usergroups.users.list({ usergroup });
}

/** The groups of a policy; nothing is read before `serve` or `freshen`. */
export function createUserGroups(deps: UserGroupsDeps): UserGroups {
  return new ReadGroups(deps);
}

class ReadGroups implements UserGroups {
  readonly #deps: UserGroupsDeps;
  readonly #stopping = new AbortController();
  readonly #reading = new Map<string, Promise<void>>();
  /** When a group was asked for last, on the monotonic clock; also when Slack did not say. */
  readonly #askedMs = new Map<string, number>();
  #serving: Promise<void> | undefined;

  constructor(deps: UserGroupsDeps) {
    this.#deps = deps;
  }

  serve(): void {
    if (this.#deps.groups.length > 0) this.#serving ??= this.#loop();
  }

  async freshen(userId: string): Promise<void> {
    const { groups, store, logger } = this.#deps;
    if (groups.length === 0) return;
    try {
      const stored = new Map((await store.all()).map((known) => [known.group, known]));
      const wanted = groups.filter((group) => this.#isWorthReading(group, stored.get(group), userId));
      await Promise.all(wanted.map((group) => this.#read(group)));
    } catch (error) {
      logger.error('what is stored of Slack user groups cannot be read', { error: messageOf(error) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#serving;
    await Promise.allSettled(this.#reading.values());
  }

  async #loop(): Promise<void> {
    const { groups, clock } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      for (const group of groups) if (!this.#stopping.signal.aborted) await this.#read(group);
      await clock.sleep(EVERY_MS, this.#stopping.signal).catch(() => {});
    }
  }

  #isWorthReading(group: string, known: GroupMembers | undefined, userId: string): boolean {
    const { clock } = this.#deps;
    const askedMs = this.#askedMs.get(group);
    if (askedMs !== undefined && clock.monotonicMs() - askedMs < LOOKED_AT_MS) return false;
    if (!known) return true;
    const age = clock.now() - known.at;
    return age > EVERY_MS || (age > LOOKED_AT_MS && !known.members.has(userId));
  }

  #read(group: string): Promise<void> {
    const running = this.#reading.get(group);
    if (running) return running;
    const reading = this.#ask(group).finally(() => this.#reading.delete(group));
    this.#reading.set(group, reading);
    return reading;
  }

  async #ask(group: string): Promise<void> {
    const { ask, store, clock, logger } = this.#deps;
    this.#askedMs.set(group, clock.monotonicMs());
    const at = clock.now();
    try {
      const { users } = Answer.parse(await ask(group));
      await store.save(group, users, at);
    } catch (error) {
      logger.warn('a Slack user group could not be read', { group, error: messageOf(error) });
    }
  }
}
