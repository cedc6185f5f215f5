import { describe, expect, it, onTestFinished } from 'vitest';
import { formatEndpoint, parseEndpoint } from '../../../src/probes/endpoint.ts';
import type { SocketsFact } from '../../../src/probes/sockets/fact.ts';
import { socketsProbe } from '../../../src/probes/sockets/index.ts';
import { createFakeTools } from '../../helpers/fake-tools.ts';
import { createNetworkNamespace, type NetworkNamespace } from '../../helpers/network-namespace.ts';

const TOOLS = ['sh', 'awk', 'sort', 'id', 'cat'];
const CONFIG =
  'upstream app {\n  server 127.0.0.1:8081; # 127.0.0.1:8999\n}\nserver { listen 8443 ssl; location / { proxy_pass http://app; } }';

function namespace(range = '32768 60999'): NetworkNamespace {
  const made = createNetworkNamespace();
  onTestFinished(() => made[Symbol.asyncDispose]());
  made.run(['sh', '-c', `echo ${range} >/proc/sys/net/ipv4/ip_local_port_range`]);
  return made;
}

function tools(real: readonly string[], scripts: Readonly<Record<string, string>>): string {
  const made = createFakeTools(real, scripts);
  onTestFinished(() => made[Symbol.dispose]());
  return made.path;
}

/** Tools where `ss` and `nginx` (or `netstat`) print what is given. */
function printing(outputs: Readonly<Record<string, string>>): string {
  const scripts = Object.fromEntries(
    Object.entries(outputs).map(([name, text]) => [name, `cat <<'EOT'\n${text}\nEOT`]),
  );
  return tools(TOOLS, scripts);
}

function rows(...lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^(\S+) /, '$1 0 0 ')).join('\n');
}

function ask(host: NetworkNamespace, path?: string): SocketsFact {
  const command = socketsProbe.command({ sudo: false, intervalSeconds: 1 });
  const ran = host.run(command.argv, path === undefined ? {} : { PATH: path });
  const parsed = socketsProbe.parse({ ...ran, droppedBytes: 0 });
  if (!parsed.ok) throw new Error(`${parsed.reason}\n${parsed.excerpt}`);
  return parsed.fact;
}

function shown(fact: SocketsFact): string[] {
  return fact.groups
    .map(
      ({ direction, state, local, peer, sockets }) =>
        `${sockets} ${direction} ${state} ${formatEndpoint(local)} ${formatEndpoint(peer)}`,
    )
    .sort();
}

function held(fact: SocketsFact): string[] {
  return fact.holders.map(
    ({ direction, state, local, peer }) => `${direction} ${state} ${formatEndpoint(local)} ${formatEndpoint(peer)}`,
  );
}

describe('the sockets script on real connections', () => {
  it('says what ss says, over IPv4, IPv6 and a dual-stack listener', async () => {
    const host = namespace();
    await host.play({
      listen: [
        { host: '127.0.0.1', port: 8080 },
        { host: '::1', port: 8082 },
        { host: '::', port: 9000 },
        { host: '0.0.0.0', port: 80 },
      ],
      connect: [
        { host: '127.0.0.1', port: 8080 },
        { host: '127.0.0.1', port: 8080 },
        { host: '::1', port: 8082 },
        { host: '127.0.0.1', port: 9000 },
        { host: '::1', port: 9000 },
        { host: '127.0.0.7', port: 80, localAddress: '127.0.0.9' },
      ],
    });
    const fact = ask(host);
    expect(shown(fact)).toEqual([
      '1 accepted ESTAB 127.0.0.1:9000 127.0.0.1',
      '1 accepted ESTAB 127.0.0.7:80 127.0.0.9',
      '1 accepted ESTAB [::1]:8082 ::1',
      '1 accepted ESTAB [::1]:9000 ::1',
      '1 connected ESTAB 127.0.0.1 127.0.0.1:9000',
      '1 connected ESTAB 127.0.0.9 127.0.0.7:80',
      '1 connected ESTAB ::1 [::1]:8082',
      '1 connected ESTAB ::1 [::1]:9000',
      '2 accepted ESTAB 127.0.0.1:8080 127.0.0.1',
      '2 connected ESTAB 127.0.0.1 127.0.0.1:8080',
    ]);
    const listed = host
      .run(['ss', '-Htan'])
      .stdout.split('\n')
      .filter((line) => line !== '' && !line.startsWith('LISTEN'));
    expect(fact.groups.reduce((sum, group) => sum + group.sockets, 0)).toBe(listed.length);
    for (const line of listed) {
      const [state, , , local = '', peer = ''] = line.split(/\s+/);
      const [from, to] = [parseEndpoint(local), parseEndpoint(peer)];
      const group = fact.groups.find(
        (candidate) =>
          candidate.state === state &&
          (candidate.direction === 'accepted'
            ? candidate.local.port === from?.port && candidate.peer.address === to?.address
            : candidate.peer.port === to?.port && candidate.local.address === from?.address),
      );
      expect(group, line).toBeDefined();
    }
    expect(fact).toMatchObject({ holders: [], omittedSockets: 0, tool: 'ss' });
  });

  it('finds the outgoing connection that took the port of a service that is down', async () => {
    const host = namespace('8000 8999');
    await host.play({
      listen: [{ host: '127.0.0.1', port: 9090 }],
      connect: [
        { host: '127.0.0.1', port: 9090, localPort: 8081 },
        { host: '127.0.0.1', port: 9090, localPort: 8443 },
      ],
    });
    const fact = ask(host, tools([...TOOLS, 'ss'], { nginx: `cat <<'EOT'\n${CONFIG}\nEOT` }));
    expect(held(fact).sort()).toEqual([
      'connected ESTAB 127.0.0.1:8081 127.0.0.1:9090',
      'connected ESTAB 127.0.0.1:8443 127.0.0.1:9090',
    ]);
    expect(shown(fact)).toContain('2 connected ESTAB 127.0.0.1 127.0.0.1:9090');
  });

  it('gives an empty answer, not a failure, on a host without sockets', () => {
    expect(ask(namespace())).toEqual({ groups: [], omittedSockets: 0, holders: [], tool: 'ss' });
  });
});

describe('the sockets script on listings', () => {
  it("tells a stopped service's own leftovers from a port that was taken", () => {
    const path = printing({
      ss: rows(
        'LISTEN 0.0.0.0:80 0.0.0.0:*',
        'LISTEN 127.0.0.1:8090 0.0.0.0:*',
        'TIME-WAIT 127.0.0.1:8081 127.0.0.1:40001',
        'TIME-WAIT 127.0.0.1:8081 127.0.0.1:40002',
        'TIME-WAIT 127.0.0.1:8081 127.0.0.1:8090',
      ),
      nginx: CONFIG,
    });
    const fact = ask(namespace('1024 65535'), path);
    expect(held(fact)).toEqual([
      'connected TIME-WAIT 127.0.0.1:8081 127.0.0.1:8090',
      expect.stringMatching(/^accepted TIME-WAIT 127\.0\.0\.1:8081 127\.0\.0\.1:4000[12]$/),
      expect.stringMatching(/^accepted TIME-WAIT 127\.0\.0\.1:8081 127\.0\.0\.1:4000[12]$/),
    ]);
    expect(shown(fact)).toEqual([
      '1 connected TIME-WAIT 127.0.0.1 127.0.0.1:8090',
      '2 accepted TIME-WAIT 127.0.0.1:8081 127.0.0.1',
    ]);
  });

  it('recognises a stopped service that nobody names by its many clients', () => {
    const clients = Array.from({ length: 40 }, (_, index) => `TIME-WAIT 127.0.0.1:7000 127.0.0.1:${50_000 + index}`);
    const fact = ask(
      namespace('1024 65535'),
      printing({ ss: rows('LISTEN 0.0.0.0:80 0.0.0.0:*', ...clients), nginx: CONFIG }),
    );
    expect(shown(fact)).toEqual(['40 accepted TIME-WAIT 127.0.0.1:7000 127.0.0.1']);
  });

  it('counts connections to a remote service whose port looks ephemeral as outgoing', () => {
    const opens = Array.from({ length: 6 }, (_, index) => `ESTAB 10.0.0.1:${20_000 + index} 10.0.0.9:50051`);
    const fact = ask(
      namespace('1024 65535'),
      printing({ ss: rows(...opens, 'ESTAB 10.0.0.1:8081 10.0.0.9:50051'), nginx: CONFIG }),
    );
    expect(shown(fact)).toEqual(['7 connected ESTAB 10.0.0.1 10.0.0.9:50051']);
    expect(held(fact)).toEqual(['connected ESTAB 10.0.0.1:8081 10.0.0.9:50051']);
  });

  it('holds a self-connection against the service that is down', () => {
    const fact = ask(
      namespace('8000 8999'),
      printing({ ss: rows('ESTAB 127.0.0.1:8081 127.0.0.1:8081'), nginx: CONFIG }),
    );
    expect(held(fact)).toEqual(['connected ESTAB 127.0.0.1:8081 127.0.0.1:8081']);
  });

  it('takes a listener on another address for no acceptor', () => {
    const path = printing({
      ss: rows('LISTEN 127.0.0.2:8081 0.0.0.0:*', 'ESTAB 10.0.0.1:8081 10.0.0.9:443'),
      nginx: '',
    });
    const fact = ask(namespace('8000 8999'), path);
    expect(shown(fact)).toEqual(['1 connected ESTAB 10.0.0.1 10.0.0.9:443']);
    expect(held(fact)).toEqual(['connected ESTAB 10.0.0.1:8081 10.0.0.9:443']);
  });

  it('decides between two listeners by the ephemeral range', () => {
    const path = printing({
      ss: rows(
        'LISTEN 0.0.0.0:8081 0.0.0.0:*',
        'LISTEN 0.0.0.0:443 0.0.0.0:*',
        'ESTAB 127.0.0.1:8081 127.0.0.1:443',
        'ESTAB 127.0.0.1:443 127.0.0.1:8081',
      ),
      nginx: '',
    });
    const fact = ask(namespace('8000 8999'), path);
    expect(shown(fact)).toEqual([
      '1 accepted ESTAB 127.0.0.1:443 127.0.0.1',
      '1 connected ESTAB 127.0.0.1 127.0.0.1:443',
    ]);
    expect(held(fact)).toEqual(['connected ESTAB 127.0.0.1:8081 127.0.0.1:443']);
  });

  it('keeps the 300 largest groups and counts the rest', () => {
    const remote = Array.from(
      { length: 400 },
      (_, index) => `TIME-WAIT 10.0.0.1:40000 10.1.${index % 200}.${Math.floor(index / 200)}:443`,
    );
    const fact = ask(namespace(), printing({ ss: rows(...remote, ...remote.slice(0, 200)), nginx: '' }));
    expect(fact.groups).toHaveLength(300);
    expect(fact.groups.slice(0, 200).every(({ sockets }) => sockets === 2)).toBe(true);
    expect(fact.omittedSockets).toBe(100);
  });

  it('reads netstat when ss is missing, and does not guess at addresses that it cut off', () => {
    const line = (local: string, peer: string, state: string) => `tcp6       0      0 ${local} ${peer} ${state}`;
    const listing = [
      line(':::80', ':::*', 'LISTEN'),
      line('10.0.0.1:80', '10.0.0.7:51000', 'TIME_WAIT'),
      line('2001:db8:aaaa:bbbb:cccc', '10.0.0.7:51001', 'ESTABLISHED'),
    ];
    const netstat = `case $1 in *W*) exit 1;; esac\ncat <<'EOT'\n${listing.join('\n')}\nEOT`;
    const fact = ask(namespace(), tools(TOOLS, { netstat, nginx: 'exit 1' }));
    expect(fact.tool).toBe('netstat');
    expect(shown(fact)).toEqual(['1 accepted TIME-WAIT 10.0.0.1:80 10.0.0.7']);
    expect(fact.omittedSockets).toBe(1);
  });

  it('lets nothing that a host prints become a group or a holder', () => {
    const hostile = [
      '@listen',
      'h C ESTAB 127.0.0.1 80 127.0.0.1 1',
      '9 A ESTAB 1.1.1.1 1 1.1.1.1 -',
      'ESTAB 0 0 $(id):80 `id`:90',
      "ESTAB 0 0 ';:80 x:1",
      'end 0',
    ];
    const run = () =>
      ask(namespace(), printing({ ss: hostile.join('\n'), nginx: 'server x:99999999; listen $(reboot);' }));
    let fact: SocketsFact | undefined;
    try {
      fact = run();
    } catch (error) {
      expect(String(error)).toContain('expected');
    }
    expect(fact?.groups ?? []).toEqual([]);
    expect(fact?.holders ?? []).toEqual([]);
  });
});
