import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeTools } from '../../helpers/fake-tools.ts';
import { ask, namespace, TOOLS } from '../../helpers/probe-host.ts';

describe('connection tracking', () => {
  const log = (seconds: number, text = 'nf_conntrack: nf_conntrack: table full, dropping packet') =>
    `[${seconds.toFixed(6).padStart(12)}] ${text}`;

  it('is read where it is loaded, with what this user may see of the kernel log', () => {
    const uptime = 86_400 * 400;
    const lines = [log(100), log(uptime), log(uptime, 'eth0: link up')].join('\n');
    const fake = createFakeTools(TOOLS, { dmesg: `echo '${lines}'` });
    onTestFinished(() => fake[Symbol.dispose]());
    const fact = ask(namespace(), 'conntrack', { path: fake.path });
    expect(fact.fullLines).toEqual({ lines: 2, recentLines: 1, source: 'dmesg' });
    expect(fact.table === null || fact.table.limit > 0).toBe(true);
  });

  it('says that the kernel log is not known when it may not be read', () => {
    const fake = createFakeTools(TOOLS, { dmesg: 'echo "Operation not permitted" >&2; exit 1' });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(namespace(), 'conntrack', { path: fake.path }).fullLines).toBeNull();
  });
});
