import { afterEach, describe, expect, it } from 'vitest';
import type { CliDeps, Session } from '../../src/cli/deps.ts';
import { trustHosts } from '../../src/cli/commands/trust.ts';
import type { KnownAs } from '../../src/engine/host-keys.ts';
import { asHostName } from '../../src/base/ids.ts';
import { createInventory } from '../../src/inventory/inventory.ts';
import { ADA } from '../helpers/engine.ts';
import { testHost } from '../helpers/sshd.ts';
import { arrangeEngine } from '../helpers/word-engine.ts';

const FINGERPRINT = `SHA256:${'b'.repeat(43)}`;
const KEY = { type: 'ssh-rsa', fingerprint: FINGERPRINT, file: '/known_hosts', name: 'web-1' };

afterEach(() => {
  process.exitCode = undefined;
});

/** A person at a terminal who gives these answers, and hosts whose keys are new unless said otherwise. */
function arrange(answers: readonly (string | undefined)[], known: Readonly<Record<string, KnownAs>> = {}) {
  const { engine, audit } = arrangeEngine({ 'web-1': 'good', 'web-2': 'good' });
  const inventory = createInventory(['web-1', 'web-2'].map((name) => testHost({ name: asHostName(name) })));
  const said: string[] = [];
  const trusted: string[] = [];
  const left = [...answers];
  const deps = {
    openSession: async (): Promise<Session> => ({
      engine,
      inventory,
      runbooks: {
        runbooks: [],
        broken: [],
        runbook: () => {
          throw new Error('none');
        },
      },
      asker: async () => ADA,
      [Symbol.asyncDispose]: async () => {},
    }),
    hostKeys: {
      look: async ({ name }) => ({ ...KEY, known: known[name] ?? { kind: 'new' } }),
      trust: async ({ name }, fingerprint) => void trusted.push(`${name} ${fingerprint}`),
    },
    output: {
      line: (text) => void said.push(text),
      problem: (text) => void said.push(text),
      progress: () => {},
      isTerminal: true,
      confirm: async () => true,
      ask: async (question) => {
        said.push(question);
        return left.shift();
      },
    },
    signal: new AbortController().signal,
  } satisfies Partial<CliDeps>;
  const trust = (selector: string, options = {}) => trustHosts(deps as unknown as CliDeps, [selector], options);
  return { trust, said, trusted, audit };
}

describe('being asked to vouch for a key', () => {
  it('shows the key and how to compare it, and takes "yes" or the fingerprint', async () => {
    const { trust, said, trusted, audit } = arrange(['yes', FINGERPRINT]);
    await trust('web-*');
    expect(trusted).toEqual([`web-1 ${FINGERPRINT}`, `web-2 ${FINGERPRINT}`]);
    expect(said.slice(0, 5)).toEqual([
      'web-1 (127.0.0.1 port 22) shows the ssh-rsa key',
      `  ${FINGERPRINT}`,
      'Compare it on the console of the host, not over this connection:',
      '  ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub',
      'Is this the key of web-1? Type yes, or the fingerprint: ',
    ]);
    expect(await audit('host:web-1')).toEqual(['host_key.trusted']);
  });

  it.each([undefined, '', 'y', 'no', 'YES', `SHA256:${'c'.repeat(43)}`])(
    'does not take %j for a yes',
    async (answer) => {
      const { trust, trusted, audit } = arrange([answer]);
      await expect(trust('web-1')).rejects.toMatchObject({ code: 'request/invalid' });
      expect(trusted).toEqual([]);
      expect(await audit('host:web-1')).toEqual([]);
    },
  );

  it('asks nothing about a key that is trusted already, and refuses one that was revoked or changed', async () => {
    const different = { kind: 'different', line: 7, type: 'ssh-rsa', fingerprint: 'SHA256:old' } as const;
    for (const [known, code] of [
      [{ kind: 'revoked', line: 3 }, 'ssh/host-key-changed'],
      [different, 'ssh/host-key-changed'],
    ] as const) {
      const { trust, trusted, said } = arrange(['yes'], { 'web-1': known });
      await expect(trust('web-1')).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`/known_hosts:${known.line}`),
      });
      expect([trusted, said]).toEqual([[], []]);
      await expect(trust('web-1', { fingerprint: FINGERPRINT })).rejects.toMatchObject({ code });
    }
    const already = arrange([], { 'web-1': { kind: 'trusted', line: 1 } });
    await already.trust('web-1');
    expect(already.said).toEqual([`web-1: the ssh-rsa key ${FINGERPRINT} is trusted already, in /known_hosts.`]);
  });

  it('takes a fingerprint on the command line for one host only', async () => {
    const { trust, trusted } = arrange([]);
    await trust('web-1', { fingerprint: `${FINGERPRINT}=` });
    expect(trusted).toHaveLength(1);
    await expect(trust('web-*', { fingerprint: FINGERPRINT })).rejects.toMatchObject({ code: 'request/invalid' });
    expect(trusted).toHaveLength(1);
  });
});
