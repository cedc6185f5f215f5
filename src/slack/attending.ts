import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Secret } from '../base/secret.ts';
import type { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { MessageStore } from '../engine/ports.ts';
import { createApproverNotices } from './approver-notices.ts';
import { type Channels, createChannels } from './channels.ts';
import { createDirects, type Directs } from './directs.ts';
import { createHomes, type Homes } from './home.ts';
import { createIdentity, type Identity, type LookUpUser } from './identity.ts';
import type { LiveClient } from './live-client.ts';
import { createOverviews } from './overviews.ts';
import type { Pace } from './pace.ts';
import { createPeopleClient } from './people-client.ts';
import { createPermalinks, type Permalinks } from './permalinks.ts';
import { createPosting, type Posting } from './posting.ts';
import type { UserGroups } from './user-groups.ts';

/** What attending to people works with. */
export interface AttendingDeps {
  readonly botToken: Secret;
  readonly apiUrl: string | undefined;
  readonly command: string;
  /** Workspaces whose members count. */
  readonly teams: readonly string[];
  /** For who clicks or types, and waits. */
  readonly lookUp: LookUpUser;
  readonly engine: Engine;
  readonly messages: MessageStore;
  readonly policy: Policy;
  readonly userGroups: UserGroups;
  readonly live: LiveClient;
  /** Shared with whatever else updates messages, for Slack counts them together. */
  readonly pace: Pace;
  /** Ends what is asked of Slack for nobody in particular. */
  readonly hangUp: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who people are, and what they are shown without asking: their Homes, and notices of what waits for them. */
export interface Attending extends AsyncDisposable {
  readonly identity: Identity;
  readonly channels: Channels;
  readonly permalinks: Permalinks;
  readonly posting: Posting;
  readonly directs: Directs;
  readonly homes: Homes;
  serve(): void;
}

const HOMES_EVERY_MS = 1000;
const NOTICES_EVERY_MS = 2000;

/** Attends to the people of a workspace; nothing is sent before `serve`, but for Homes that are opened. */
export function createAttending(deps: AttendingDeps): Attending {
  const { engine, messages, policy, clock, logger } = deps;
  const client = createPeopleClient(deps.botToken, deps.apiUrl, deps.hangUp);
  const channels = createChannels({ lookUp: client.channelInfo, clock });
  const identity = createIdentity({ ...deps, channels, denied: engine.denied });
  // Slack answering 429 to what nobody waits for must not hold up the client that opens dialogs and judges clicks.
  const readers = createIdentity({ ...deps, channels, denied: engine.denied, lookUp: client.userInfo });
  const overviews = createOverviews(engine);
  const directs = createDirects(client);
  const permalinks = createPermalinks({ messages, client, directs });
  const shared = { policy, identity: readers, overviews, permalinks, client, directs, clock, logger };
  const homes = createHomes({
    ...shared,
    userGroups: deps.userGroups,
    command: deps.command,
    pollMs: HOMES_EVERY_MS,
  });
  const posting = createPosting(deps);
  const notices = createApproverNotices({ ...shared, engine, messages, posting, pollMs: NOTICES_EVERY_MS });
  return {
    identity,
    channels,
    directs,
    permalinks,
    posting,
    homes,
    serve: () => {
      homes.serve();
      notices.serve();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([homes[Symbol.asyncDispose](), notices[Symbol.asyncDispose]()]);
    },
  };
}
