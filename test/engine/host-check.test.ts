import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { CHECK_IDS, type HostChecks } from '../../src/engine/host-check/model.ts';
import { checkHosts } from '../../src/engine/host-check.ts';
import type { Host } from '../../src/inventory/host.ts';
import { type CannedHost, createCannedTransport } from '../helpers/fake-transport.ts';
import { ADA, BOB, createTestStore, type TestStore, wordContext } from '../helpers/engine.ts';
import { transportWith } from '../helpers/ssh-transport.ts';
import { startSshd, testHost, type TestSshd } from '../helpers/sshd.ts';
import { arrangeEngine, WORLD } from '../helpers/word-engine.ts';

const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';

let stores: TestStore;
beforeAll(() => {
  stores = createTestStore();
});
afterAll(() => stores[Symbol.asyncDispose]());

/** A look at hosts of this name with these answers. */
async function look(answers: Readonly<Record<string, CannedHost>>) {
  const hosts = Object.keys(answers).map((name) => testHost({ name: asHostName(name) }));
  const transport = createCannedTransport(answers);
  const context = wordContext({ store: stores.store, transport, hosts }, WORLD);
  return { ...(await checkHosts(context, { ...ADA, selector: 'all' })), calls: transport.calls };
}

/** A look at one host over SSH, in a world whose remedy writes a file. */
async function lookOverSsh(host: Host) {
  await using transport = transportWith();
  const context = wordContext({ store: stores.store, transport, hosts: [host] }, { path: DROP_IN });
  const { hosts } = await checkHosts(context, { ...ADA, selector: host.name });
  return hosts[0];
}

function states(host: HostChecks | undefined): Record<string, string> {
  return Object.fromEntries((host?.checks ?? []).map(({ id, state }) => [id, state]));
}

function found(host: HostChecks | undefined, id: string) {
  const check = host?.checks.find((made) => made.id === id);
  if (!check) throw new Error(`no check ${id}`);
  return check;
}

describe('looking what works on hosts', () => {
  it('tells of every host, in inventory order, and of every check, in its order', async () => {
    const { hosts, calls } = await look({
      'web-2': { failure: 'unreachable' },
      'web-1': {},
      'web-3': { failure: 'auth_failed' },
    });
    expect(hosts.map(({ host }) => host)).toEqual(['web-2', 'web-1', 'web-3']);
    for (const { checks } of hosts) expect(checks.map(({ id }) => id)).toEqual([...CHECK_IDS]);
    expect(calls.filter(({ kind }) => kind === 'change')).toEqual([]);
    expect(calls.filter(({ kind }) => kind === 'read').map(({ host }) => host)).toEqual(['web-1']);
  });

  it.each([
    ['unreachable', 'reachable', ['host-key', 'login', 'sudo', 'tools', 'nginx', 'clock']],
    ['host_key_unknown', 'host-key', ['login', 'sudo', 'tools', 'nginx', 'clock']],
    ['host_key_mismatch', 'host-key', ['login', 'sudo', 'tools', 'nginx', 'clock']],
    ['auth_failed', 'login', ['sudo', 'tools', 'nginx', 'clock']],
  ] as const)('a host that is %s fails at %s, and the rest is not looked at', async (failure, at, after) => {
    const { hosts } = await look({ 'web-1': { failure } });
    const failed = Object.entries(states(hosts[0])).filter(([, state]) => state === 'failed');
    expect(failed).toEqual([[at, 'failed']]);
    const left = Object.entries(states(hosts[0])).filter(([, state]) => state === 'not_reached');
    expect(left.map(([id]) => id)).toEqual(after);
    expect(hosts[0]?.state).toBe('failed');
  });

  it('asks as many hosts at a time as runs do', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    let now = 0;
    let most = 0;
    const { start, transport } = arrangeEngine(Object.fromEntries(names.map((name) => [name, 'good'])), (context) => ({
      ...context,
      timing: { ...context.timing, hostsAtOnce: 3 },
    }));
    for (const name of names) {
      transport.host(name).meanwhile = async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      };
    }
    const { hosts } = await start().checkHosts({ ...ADA, selector: 'all' });
    expect(hosts).toHaveLength(12);
    expect(most).toBe(3);
  });

  it('is refused to who may run nothing there, and that is recorded', async () => {
    const { engine, audit, transport } = arrangeEngine({ 'web-1': 'good' });
    await expect(engine.checkHosts({ ...BOB, selector: 'web-1' })).rejects.toMatchObject({
      code: 'policy/not-permitted',
    });
    expect(await audit('hosts:web-1')).toEqual(['check.denied']);
    expect(transport.calls).toEqual([]);
    await expect(engine.checkHosts({ ...ADA, selector: 'wbe-1' })).rejects.toMatchObject({
      code: 'request/unknown-host',
    });
  });

  it('says that it is cancelled instead of leaving hosts out', async () => {
    const transport = createCannedTransport({ 'web-1': {} });
    const context = wordContext({ store: stores.store, transport, hosts: [testHost({})] }, WORLD);
    const { hosts } = await checkHosts(context, { ...ADA, selector: 'all', signal: AbortSignal.abort() });
    expect(found(hosts[0], 'reachable')).toMatchObject({ state: 'failed', saw: 'Cancelled.' });
  });

  it('keeps who vouches for a key in the audit chain', async () => {
    const { engine, audit } = arrangeEngine({ 'web-1': 'good' });
    const key = { type: 'ssh-ed25519', fingerprint: 'SHA256:abc', file: '/known_hosts' };
    await engine.trusted({ ...ADA, host: asHostName('web-1'), key });
    expect(await audit('host:web-1')).toEqual(['host_key.trusted']);
  });
});

describe('looking over SSH', () => {
  let sshd: TestSshd;
  let ordinary: TestSshd;
  beforeAll(async () => {
    [sshd, ordinary] = await Promise.all([startSshd(), startSshd({ ordinaryUser: true })]);
  });
  afterAll(async () => {
    await sshd?.[Symbol.asyncDispose]();
    await ordinary?.[Symbol.asyncDispose]();
  });

  it('tells of this machine what is true', async () => {
    const host = await lookOverSsh(sshd.host({ sudo: 'passwordless' }));
    expect(found(host, 'reachable').detail).toMatch(new RegExp(`^127\\.0\\.0\\.1 port ${sshd.port}, \\d+ ms$`));
    expect(found(host, 'host-key')).toMatchObject({
      state: 'ok',
      saw: 'It is the key that the inventory pins.',
      detail: expect.stringMatching(/^ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}$/),
    });
    expect(found(host, 'login')).toMatchObject({ state: 'ok', saw: expect.stringContaining('root was let in') });
    expect(found(host, 'sudo')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^5 of 5 rights$/) });
    expect(['ok', 'warning']).toContain(found(host, 'tools').state);
    expect(found(host, 'clock')).toMatchObject({ state: 'ok' });
  });

  it('names every right that sudo does not give, and how to give them', async () => {
    const host = await lookOverSsh(ordinary.host({ sudo: 'passwordless' }));
    const sudo = found(host, 'sudo');
    expect(sudo).toMatchObject({ state: 'warning', detail: '0 of 5 rights' });
    expect(sudo.items).toContain(`/usr/bin/rm -f ${DROP_IN}`);
    expect(sudo.items).toHaveLength(5);
    expect(sudo.todo).toContain('countersign sudoers --user countersign-test');
    expect(found(host, 'login').state).toBe('ok');
    expect(found(await lookOverSsh(ordinary.host({ sudo: 'none' })), 'sudo').saw).toContain('sudo: none');
  });

  it('says so when a host lets nobody run what is asked', async () => {
    const forced = await startSshd({ config: ['ForceCommand echo nothing here; exit 3'] });
    try {
      const host = await lookOverSsh(forced.host());
      expect(states(host)).toMatchObject({ login: 'ok', sudo: 'failed', tools: 'not_reached' });
      expect(found(host, 'sudo').detail).toContain('nothing here');
      expect(found(host, 'sudo').todo).toContain('ForceCommand');
    } finally {
      await forced[Symbol.asyncDispose]();
    }
  });
});
