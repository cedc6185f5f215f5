import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/compose.ts';
import { judgeSudo, parseSudo, sudoCommand, sudoListCommand } from '../../src/engine/host-check/sudo.ts';
import { asksForPassword } from '../../src/engine/host-check/sudo-listing.ts';
import { type HostRights, hostRights, sudoersText } from '../../src/engine/host-rights.ts';
import { loadRunbooks } from '../../src/runbook/load.ts';
import { createPrivateHost, type PrivateHost } from '../helpers/private-host.ts';
import { testHost } from '../helpers/sshd.ts';
import { fileURLToPath } from 'node:url';

const RUNBOOKS = fileURLToPath(new URL('../../runbooks', import.meta.url));
const RIGHTS = hostRights(loadRunbooks([RUNBOOKS], CATALOGUE).runbooks, CATALOGUE);
const ALL = [...RIGHTS.reads, ...RIGHTS.changes];
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
/** The scripts are run with the real sudo, not with the private host's. */
const REAL = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

describe('what sudo allows', () => {
  let host: PrivateHost;
  beforeAll(async () => {
    host = await createPrivateHost();
    chmodSync(host.dir, 0o755);
    mkdirSync(join(host.dir, 'sudoers.d'));
    await host.run(['mount', '--bind', join(host.dir, 'sudoers.d'), '/etc/sudoers.d']);
  });
  afterAll(() => host[Symbol.asyncDispose]());

  /** What the check says of a login user with this sudoers file. */
  async function judged(sudoers: string, rights: HostRights = RIGHTS) {
    const file = join(host.dir, 'sudoers.d/countersign');
    writeFileSync(file, sudoers);
    chmodSync(file, 0o440);
    const all = [...rights.reads, ...rights.changes];
    const said = await host.run([...AS_NOBODY, ...sudoCommand(all).argv], REAL);
    const listed = await host.run([...AS_NOBODY, ...sudoListCommand().argv], REAL);
    const answers = parseSudo(said.stdout, all.length);
    if (!answers) throw new Error(`not understood: ${said.stdout} ${said.stderr}`);
    return judgeSudo(testHost({ user: 'nobody', sudo: 'passwordless' }), rights, answers, listed.stdout);
  }

  it('is enough with what `countersign sudoers` prints', async () => {
    const check = await judged(sudoersText('nobody', RIGHTS));
    expect(check).toMatchObject({ state: 'ok', items: [], detail: `${ALL.length} of ${ALL.length} rights` });
  });

  it('is enough with everything, if no password is asked for', async () => {
    expect((await judged('nobody ALL=(ALL) ALL\nnobody ALL=(ALL) NOPASSWD: ALL\n')).state).toBe('ok');
    const asked = await judged('nobody ALL=(ALL) NOPASSWD: /usr/bin/true\nnobody ALL=(ALL) ALL\n');
    expect(asked.state).toBe('failed');
    expect(asked.items).toEqual(ALL);
  });

  it('looks only, with the reading rights alone', async () => {
    const check = await judged(sudoersText('nobody', { ...RIGHTS, changes: [] }));
    expect(check).toMatchObject({
      state: 'warning',
      saw: 'sudo allows what probes need, but nothing that changes need.',
    });
    expect(check.items).toEqual(RIGHTS.changes);
    expect(check.todo).toContain('countersign sudoers --user nobody');
  });

  it('names the one right that is missing, of either kind', async () => {
    for (const [missing, state] of [
      ['/usr/bin/ss -Htlnp', 'failed'],
      ['/usr/bin/tee /proc/sys/net/ipv4/tcp_tw_reuse', 'warning'],
      [RIGHTS.changes.find((right) => right.startsWith('/usr/bin/mv ^')) ?? '', 'warning'],
    ] as const) {
      const without = (rights: readonly string[]) => rights.filter((right) => right !== missing);
      const check = await judged(
        sudoersText('nobody', { reads: without(RIGHTS.reads), changes: without(RIGHTS.changes) }),
      );
      expect(check).toMatchObject({ state, items: [missing] });
    }
  });

  it('does not ask for what is not installed, and says so', async () => {
    const right = '/opt/absent/sbin/nginx -t -q';
    const check = await judged(sudoersText('nobody', RIGHTS), { reads: RIGHTS.reads, changes: [right] });
    expect(check).toMatchObject({ state: 'ok', items: [] });
    expect(check.detail).toContain('not installed: /opt/absent/sbin/nginx');
  });
});

describe('where sudo would ask for a password', () => {
  const RULES = (...lines: readonly string[]) =>
    ['User bot may run the following commands on web-1:', ...lines.map((line) => `    ${line}`), ''].join('\n');

  it.each([
    ['the rule that names it is free', RULES('(ALL : ALL) ALL', '(root) NOPASSWD: /usr/bin/ss -Htlnp'), false],
    ['a later rule asks', RULES('(root) NOPASSWD: /usr/bin/ss -Htlnp', '(ALL : ALL) ALL'), true],
    ['a long rule goes on on the next line', RULES('(root) NOPASSWD: /usr/bin/id, /usr/bin/ss', '    -Htlnp'), false],
    ['no rule names it and none asks', RULES('(root) NOPASSWD: /usr/bin/ss *'), false],
    ['no rule names it and one asks', RULES('(root) NOPASSWD: /usr/bin/ss *', '(root) /usr/bin/id'), true],
    ['a rule begins free and goes on asking', RULES('(root) NOPASSWD: /usr/bin/id, PASSWD: /usr/bin/ss -Htlnp'), true],
    ['nothing is listed', '', false],
  ])('%s', (_case, listing, expected) => {
    expect(asksForPassword(listing, '/usr/bin/ss -Htlnp')).toBe(expected);
  });
});
