import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeTools } from '../../helpers/fake-tools.ts';
import { ask, namespace, TOOLS } from '../../helpers/probe-host.ts';

describe('the most connections at once', () => {
  it('are counted per destination, on the side that opened them', async () => {
    const host = namespace();
    const to = { host: '127.0.0.1', port: 8080 };
    await host.play({
      listen: [to, { host: '::1', port: 8081 }, { host: '127.0.0.1', port: 8082 }],
      connect: [to, to, to, { host: '::1', port: 8081 }],
    });
    const fact = ask(host, 'upstream-peak');
    expect(fact.peaks).toEqual([
      { address: '127.0.0.1', port: 8080, sockets: 3 },
      { address: '::1', port: 8081, sockets: 1 },
    ]);
    expect(fact).toMatchObject({ samples: 10, omittedDestinations: 0, tool: 'ss' });
    expect(fact.seconds).toBeGreaterThan(1.5);
  });

  it('are the greatest of all samples, not their sum or the last', () => {
    const host = namespace();
    const head = 'Recv-Q Send-Q Local Peer';
    const row = (port: number) => `0 0 [::ffff:10.0.0.1]:${port} [::ffff:10.0.0.9]:443`;
    const script = `case $* in *-tln*) exit 0;; esac; dir=$(dirname "$0"); echo >>"$dir/n"; echo '${head}'; [ $(wc -l <"$dir/n") = 3 ] && echo '${row(40_000)}\n${row(40_001)}'; echo '${row(40_002)}'`;
    const fake = createFakeTools([...TOOLS, 'dirname'], { ss: script });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(host, 'upstream-peak', { path: fake.path }).peaks).toEqual([
      { address: '10.0.0.9', port: 443, sockets: 3 },
    ]);
  });

  it('are read from netstat where ss is missing', () => {
    const rows = [
      'tcp 0 0 10.0.0.1:40000 10.0.0.9:443 ESTABLISHED',
      'tcp 0 0 10.0.0.1:40001 10.0.0.9:443 TIME_WAIT',
      'tcp 0 0 10.0.0.1:80 10.0.0.7:50000 ESTABLISHED',
    ];
    const listen = 'tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN';
    const fake = createFakeTools(TOOLS, {
      netstat: `case $* in *l*) echo '${listen}';; *) echo '${rows.join('\n')}';; esac`,
    });
    onTestFinished(() => fake[Symbol.dispose]());
    expect(ask(namespace(), 'upstream-peak', { path: fake.path })).toMatchObject({
      tool: 'netstat',
      peaks: [{ address: '10.0.0.9', port: 443, sockets: 1 }],
    });
  });
});
