import type { Clock } from '../../src/base/clock.ts';
import { createDisposal } from '../../src/base/disposal.ts';
import { asHostName, asRunId } from '../../src/base/ids.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createPolicy } from '../../src/engine/policy.ts';
import type { RunView } from '../../src/engine/view.ts';
import { createTestStore, wordContext } from './engine.ts';
import { type SandboxClient, type SeenMessage, sandboxClient, startTestSandbox } from './sandbox.ts';
import { SCENE_PEOPLE, startSceneApp } from './slack-scene.ts';
import { testHost } from './sshd.ts';
import { createWordTransport } from './word-hosts.ts';

/** How much goes on at once. */
export interface Crowd {
  readonly clock: Clock;
  readonly runs: number;
  readonly hosts: number;
}

/** What came of it. */
export interface CrowdResult {
  readonly views: readonly RunView[];
  /** What the channels show, without threads and private messages. */
  readonly shown: readonly SeenMessage[];
  /** How long the bot took to acknowledge each delivery, in ms of the clock. */
  readonly ackedInMs: readonly number[];
  /** Calls per method, and how many of them the sandbox refused because Slack's rate was exceeded. */
  readonly counts: Readonly<Record<string, { readonly calls: number; readonly limited: number }>>;
}

const CHANNELS = ['C0INCIDENTS', 'C0OPS'];
/** users.info, which tells who asks, may be called 100 times a minute. */
const ASKS_EVERY_MS = 1000;
/** The slowest host answers after this many times the quickest one's 50 ms. */
const SPREAD = 40;

/** Starts so many runs at once on so many hosts, goes on asking for status meanwhile, and waits until Slack shows it all. */
export async function crowd({ clock, runs, hosts }: Crowd): Promise<CrowdResult> {
  await using disposal = createDisposal();
  const { store } = disposal.use(createTestStore());
  const names = Array.from({ length: hosts }, (_, index) => `web-${index + 1}`);
  const transport = createWordTransport(Object.fromEntries(names.map((name) => [name, 'bad'])));
  names.forEach((name, index) => {
    transport.host(name).meanwhile = () => clock.sleep(50 * (1 + (index % SPREAD)));
  });
  const context = {
    ...wordContext(
      { store, transport, hosts: names.map((name) => testHost({ name: asHostName(name) })), clock },
      { path: '/word' },
    ),
    policy: createPolicy(SCENE_PEOPLE),
  };
  const engine = disposal.use(createEngine(context));
  const sandbox = disposal.use(await startTestSandbox({ clock, rateLimits: true }));
  disposal.use(await startSceneApp(sandbox, context, engine));
  engine.serve();
  const people = sandboxClient(sandbox);

  const asked = Array.from({ length: runs }, (_, index) =>
    people.command('U0REQUESTER', channelOf(index), '/runbook run word on all'),
  );
  const seen = async (): Promise<boolean> => {
    const entries = await engine.history({ limit: runs + 1 });
    const ended = entries.filter(({ run }) => run.state === 'finished').length;
    return ended === runs && (await store.messages.outdated(1)).length === 0;
  };
  while (!(await seen())) {
    asked.push(people.command('U0APPROVER', channelOf(asked.length), '/runbook status'));
    await clock.sleep(ASKS_EVERY_MS);
  }
  const ackedInMs = (await Promise.all(asked)).map(({ ackedInMs: ms }) => ms ?? Number.POSITIVE_INFINITY);
  const entries = await engine.history({ limit: runs });
  return {
    views: await Promise.all(entries.map(({ run }) => engine.view(asRunId(run.id)))),
    shown: (await Promise.all(CHANNELS.map((channel) => shownIn(people, channel)))).flat(),
    ackedInMs,
    counts: (await people.state())['counts'] as CrowdResult['counts'],
  };
}

function channelOf(index: number): string {
  return CHANNELS[index % CHANNELS.length] ?? '';
}

async function shownIn(people: SandboxClient, channel: string): Promise<readonly SeenMessage[]> {
  const messages = await people.messages(channel, 'U0REQUESTER');
  return messages.filter(({ is_ephemeral, thread_ts, ts }) => !is_ephemeral && (thread_ts ?? ts) === ts);
}
