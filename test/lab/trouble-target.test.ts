import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { testLab } from '../helpers/lab.ts';
import { labProduct } from '../helpers/lab-product.ts';
import { answerOf, DROP_IN, gateAt, must, propose, SERVED, stateOf, told } from './trouble.ts';

const FULL = 'head -c 1000000 /dev/zero >"$1/filler" || [ "$(df --output=avail "$1" | tail -n 1)" -eq 0 ]';

/** What is the matter with a host, what comes of a change there, and what people read. */
interface Trouble {
  readonly name: string;
  /** `approval`: it begins before people approve. `host`: after the facts were read again. `middle`: half-way. */
  readonly before: 'approval' | 'host' | 'middle';
  readonly script: string;
  readonly state: string;
  readonly attempt: string;
  readonly words: readonly RegExp[];
}

const BY_HAND = `echo "# by hand" >${DROP_IN}`;

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a file that somebody wrote between the plan and its approval',
    before: 'approval',
    script: BY_HAND,
    state: 'stale',
    attempt: 'stale',
    words: [
      /Stopped: web-1 differed from what was approved/,
      /60-countersign-net\.conf was written since\. Nothing was changed/,
    ],
  },
  {
    name: 'a file that somebody wrote between the approval and the write',
    before: 'host',
    script: BY_HAND,
    state: 'stale',
    attempt: 'stale',
    words: [/60-countersign-net\.conf is not as it was when the change was approved; nothing was changed/],
  },
  {
    name: 'a file that somebody wrote while the change was half-way',
    before: 'middle',
    script: BY_HAND,
    state: 'stale',
    attempt: 'stale',
    words: [/60-countersign-net\.conf was changed by somebody in the meantime[\s\S]*everything was restored/],
  },
  {
    name: 'a disk that is full where the receipts are',
    before: 'approval',
    script: `mount -n -t tmpfs -o size=64k,mode=700,uid=$(stat -c %u /var/lib/countersign) none /var/lib/countersign
      mkdir -m 777 /var/lib/countersign/attempts; set -- /var/lib/countersign; ${FULL}`,
    state: 'failed',
    attempt: 'failed',
    words: [/Nothing was started: the receipt[\s\S]*is the disk full/],
  },
  {
    name: 'a disk that is full where the file belongs',
    before: 'approval',
    script: `mount -n -t tmpfs -o size=64k none /etc/sysctl.d; set -- /etc/sysctl.d; ${FULL}`,
    state: 'failed',
    attempt: 'failed',
    words: [/No space left on device[\s\S]*60-countersign-net\.conf could not be written[\s\S]*nothing was changed/],
  },
  {
    name: 'an /etc that is read-only',
    before: 'approval',
    script: 'mount -n --bind /etc/sysctl.d /etc/sysctl.d; mount -n -o remount,ro,bind /etc/sysctl.d',
    state: 'failed',
    attempt: 'failed',
    words: [/Read-only file system[\s\S]*60-countersign-net\.conf could not be written[\s\S]*nothing was changed/],
  },
  {
    name: 'rights that were taken away before the approval',
    before: 'approval',
    script: ': >/etc/sudoers.d/countersign',
    state: 'failed',
    attempt: 'failed',
    words: [/sudo: a password is required[\s\S]*nothing was changed/],
  },
  {
    name: "another change that holds the host's lock",
    before: 'approval',
    script: 'setsid flock /run/lock/countersign.lock sleep 600 </dev/null >/dev/null 2>&1 & sleep 0.2',
    state: 'failed',
    attempt: 'failed',
    words: [/another change is at work on this host[^;]*; nothing was changed/],
  },
];

const lab = testLab({ webHosts: TROUBLES.length + 1 });

/** The program whose gate opens a way into the change at that time, and what it is asked then. */
const GATES = { host: ['/usr/bin/flock', '-n'], middle: ['/usr/bin/tee', 'ip_local_reserved_ports'] } as const;

/** What a host is like when the trouble is there, without what the change has prepared by then, and what came of the change. */
async function meet(running: Lab, host: string, { before, script }: Trouble) {
  await running.fault('service-port-in-range', [host], 'on');
  await using product = labProduct(running);
  const id = await propose(product, 'service-port', host);
  if (before === 'approval') {
    await must(running, host, script);
    const state = await stateOf(running, host);
    return { state, after: told(await product.approve(id)) };
  }
  const [path, words] = GATES[before];
  await using gate = await gateAt(running, host, path, words);
  const going = product.approve(id);
  await gate.reached();
  await must(running, host, script);
  const state = (await stateOf(running, host)).replaceAll(/^.*\.new\b.*\n/gm, '');
  await gate.open();
  return { state, after: told(await going) };
}

describe('a change that meets', { timeout: 90_000 }, () => {
  it.each(TROUBLES.map((trouble) => [trouble.name, trouble] as const))(
    '%s changes nothing in the end, and says so',
    async (_, trouble) => {
      const host = `web-${TROUBLES.indexOf(trouble) + 1}`;
      const { state, after } = await meet(lab(), host, trouble);
      expect(after, after.words).toMatchObject({ state: trouble.state, attempts: [trouble.attempt] });
      for (const words of trouble.words) expect(after.words.replaceAll(host, 'web-1')).toMatch(words);
      expect(await stateOf(lab(), host)).toBe(state);
      expect(await answerOf(lab(), host)).toBe(SERVED);
    },
  );

  it('the loss of its rights half-way says what could not be put back, and undo does it once they are there again', async () => {
    const running = lab();
    const host = `web-${TROUBLES.length + 1}`;
    await running.fault('service-port-in-range', [host], 'on');
    const before = await stateOf(running, host);
    await using product = labProduct(running);
    const id = await propose(product, 'service-port', host);
    await using gate = await gateAt(running, host, '/usr/bin/tee', 'ip_local_reserved_ports');
    const going = product.approve(id);
    await gate.reached();
    await must(running, host, 'mv /etc/sudoers.d/countersign /run/lab/rights');
    await gate.open();
    const after = told(await going);
    expect(after, after.words).toMatchObject({ state: 'needs_human', attempts: ['unknown'] });
    expect(after.words).toMatch(/not everything could be put back: look at what is there, or undo it/);
    expect(after.words).toMatch(/ip_local_reserved_ports could not be restored/);

    await must(running, host, 'mv /run/lab/rights /etc/sudoers.d/countersign');
    const undone = told(await product.undo(id));
    expect(undone, undone.words).toMatchObject({ state: 'undone', attempts: ['undone'] });
    expect(await stateOf(running, host)).toBe(before);
    expect(await answerOf(running, host)).toBe(SERVED);
  });
});
