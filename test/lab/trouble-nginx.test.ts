import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testLab } from '../helpers/lab.ts';
import { labProduct, type LabProduct } from '../helpers/lab-product.ts';
import { lookAtErrors, lookAtTimeWait } from './look.ts';
import {
  answerOf,
  eventually,
  type Gate,
  gateAt,
  killWork,
  must,
  propose,
  SERVED,
  stateOf,
  type Told,
  told,
} from './trouble.ts';

const HOSTS = 8;
const APP = '/etc/nginx/conf.d/app.conf';
const OTHER = '/etc/nginx/conf.d/other.conf';
const lab = testLab({ webHosts: HOSTS });
let product: LabProduct;

beforeAll(async () => {
  await lab().fault('no-upstream-keepalive', 'all', 'on');
  await lab().load({ ratePerHost: 20, seconds: 600 });
  await eventually(async () => (await lookAtTimeWait(lab(), `web-${HOSTS}`)).backendClosed > 60, 'no TIME_WAIT');
  product = labProduct(lab());
});
afterAll(() => product[Symbol.asyncDispose]());

/** The proposal to pool a host's upstream connections. */
function proposed(host: string): Promise<string> {
  return propose(product, 'nginx-keepalive', host, { interval: '2', min_time_wait: '30' });
}

/** Approves the pooling of a host and lets something happen there when a program is about to do something. */
async function meanwhile(
  host: string,
  gateOf: readonly [path: string, words: string],
  happen: (gate: Gate) => unknown,
) {
  const id = await proposed(host);
  await using gate = await gateAt(lab(), host, ...gateOf);
  const going = product.approve(id);
  await gate.reached();
  await happen(gate);
  await gate.open();
  return { id, after: told(await going) };
}

/** The facts were read again, and nothing on the host was looked at by the change itself. */
const BEFORE_CHECK = ['/usr/bin/flock', '-n'] as const;

function expectEnd(after: Told, state: string, attempt: string): void {
  expect(after, after.words).toMatchObject({ state, attempts: [attempt] });
}

describe.concurrent('an edit of nginx under load that meets', { timeout: 150_000 }, () => {
  it('a file that somebody edited and loaded between the plan and its approval changes nothing, and names the file', async () => {
    const id = await proposed('web-1');
    await must(lab(), 'web-1', 'echo "# by hand" >>"$1"; nginx -s reload; sleep 1', APP);
    const before = await stateOf(lab(), 'web-1');
    const after = told(await product.approve(id));
    expectEnd(after, 'stale', 'stale');
    expect(after.words).toMatch(/Stopped: web-1 differed from what was approved/);
    expect(after.words).toMatch(
      /conf\.d\/app\.conf was edited since \(its SHA-256 began with .*\)\. Nothing was changed\./,
    );
    expect(await stateOf(lab(), 'web-1')).toBe(before);
  });

  it('a file that somebody edited between the approval and the write changes nothing, and names the file', async () => {
    let before = '';
    const { after } = await meanwhile('web-2', BEFORE_CHECK, async () => {
      await must(lab(), 'web-2', 'echo "# by hand" >>"$1"', APP);
      before = await stateOf(lab(), 'web-2');
    });
    expectEnd(after, 'stale', 'stale');
    expect(after.words).toMatch(
      /conf\.d\/app\.conf is not as it was when the change was approved; nothing was changed/,
    );
    expect(await stateOf(lab(), 'web-2')).toBe(before);
  });

  it('another file that somebody broke before the approval changes nothing, and says what nginx says', async () => {
    const id = await proposed('web-3');
    await must(lab(), 'web-3', 'echo "broken;" >"$1"', OTHER);
    const before = await stateOf(lab(), 'web-3');
    const after = told(await product.approve(id));
    expectEnd(after, 'failed', 'failed');
    expect(after.words).toMatch(/unknown directive "broken" in .*other\.conf:1\. Nothing was changed\./);
    expect(await stateOf(lab(), 'web-3')).toBe(before);
  });

  it('another file that somebody broke since restores everything, and says what nginx says', async () => {
    let before = '';
    const { after } = await meanwhile('web-4', BEFORE_CHECK, async () => {
      await must(lab(), 'web-4', 'echo "broken;" >"$1"', OTHER);
      before = await stateOf(lab(), 'web-4');
    });
    expectEnd(after, 'failed', 'failed');
    expect(after.words).toMatch(
      /the test of nginx's configuration failed: .*unknown directive "broken"[\s\S]*everything was restored/,
    );
    expect(await stateOf(lab(), 'web-4')).toBe(before);
  });

  it('a reload that fails on a port which is taken restores everything and loads it, once that can be loaded', async () => {
    const before = await stateOf(lab(), 'web-5');
    const { after } = await meanwhile('web-5', ['/usr/sbin/nginx', '-t'], async (gate) => {
      // nginx's test does not mind a port that another process listens on; its reload does.
      await must(lab(), 'web-5', 'echo "server { listen 127.0.0.1:8080; }" >"$1"', OTHER);
      await gate.open();
      await eventually(
        async () => (await lookAtErrors(lab(), 'web-5', /emerg.*bind\(\)/)) > 0,
        'the reload did not fail',
      );
      await must(lab(), 'web-5', 'rm "$1"', OTHER);
    });
    expectEnd(after, 'failed', 'failed');
    expect(after.words).toMatch(
      /no new worker within 10 s[\s\S]*bind\(\) to 127\.0\.0\.1:8080 failed[\s\S]*everything was restored/,
    );
    expect(await stateOf(lab(), 'web-5')).toBe(before);
  });

  it('a disk that became full changes nothing, and says so', async () => {
    let before = '';
    const { after } = await meanwhile('web-6', BEFORE_CHECK, async () => {
      await must(lab(), 'web-6', FULL_DISK);
      before = await stateOf(lab(), 'web-6');
    });
    expectEnd(after, 'failed', 'failed');
    expect(after.words).toMatch(
      /No space left on device[\s\S]*app\.conf could not be written[\s\S]*nothing was changed/,
    );
    expect(await stateOf(lab(), 'web-6')).toBe(before);
  });

  it('an /etc that became read-only changes nothing, and says so', async () => {
    let before = '';
    const { after } = await meanwhile('web-7', BEFORE_CHECK, async () => {
      await must(lab(), 'web-7', 'mount -n --bind /etc/nginx /etc/nginx; mount -n -o remount,ro,bind /etc/nginx');
      before = await stateOf(lab(), 'web-7');
    });
    expectEnd(after, 'failed', 'failed');
    expect(after.words).toMatch(/Read-only file system[\s\S]*app\.conf could not be written[\s\S]*nothing was changed/);
    expect(await stateOf(lab(), 'web-7')).toBe(before);
  });

  it('the death of its work between the write and the reload needs a person, and undo restores what nginx runs', async () => {
    const before = await stateOf(lab(), 'web-8');
    const { id, after } = await meanwhile('web-8', ['/usr/sbin/nginx', '-s reload'], () => killWork(lab(), 'web-8'));
    expectEnd(after, 'needs_human', 'unknown');
    expect(after.words).toMatch(/A person has to look at web-8[\s\S]*It was interrupted on the host/);
    const undone = told(await product.undo(id));
    expectEnd(undone, 'undone', 'undone');
    expect(await stateOf(lab(), 'web-8')).toBe(before);
  });
});

const FULL_DISK = `
mkdir /run/lab/small
mount -n -t tmpfs -o size=64k none /run/lab/small
cp -a /etc/nginx/conf.d/. /run/lab/small/
mount -n --move /run/lab/small /etc/nginx/conf.d
head -c 1000000 /dev/zero >/etc/nginx/conf.d/filler || [ "$(df --output=avail /etc/nginx/conf.d | tail -n 1)" -eq 0 ]
`;

describe('nginx after all these troubles', () => {
  it('serves on every host, and has lost no request', async () => {
    const load = await lab().stopLoad();
    expect(load?.sent).toBeGreaterThan(100 * HOSTS);
    expect(load?.failed, JSON.stringify(load)).toBe(0);
    for (const { name } of lab().hosts.filter(({ groups }) => groups.includes('web')))
      expect(await answerOf(lab(), name)).toBe(SERVED);
  });
});
