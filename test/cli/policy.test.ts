import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliScene, seedProposal, setCliScene } from '../helpers/cli.ts';
import { freePort, keygen } from '../helpers/sshd.ts';

let scene: CliScene;

beforeEach(async () => {
  const port = await freePort();
  scene = setCliScene({
    hosts: [`{ name: web-1, address: 127.0.0.1, port: ${port}, user: nobody, identity_file: key }`],
    config: ['policy: policy.yaml'],
  });
  scene.write('policy.yaml', '');
  keygen('ed25519', join(scene.dir, 'key'));
});

afterEach(() => {
  scene[Symbol.dispose]();
});

interface AuditRow {
  readonly event: string;
  readonly actor: string;
  readonly subject: string;
  readonly body: string;
}

/** Runs SQL on the scene's database, past its triggers when it writes. */
function sql(statement: string): AuditRow[] {
  const database = new SqliteDatabase(join(scene.dir, 'countersign.sqlite'));
  try {
    if (statement.startsWith('SELECT')) return database.prepare<[], AuditRow>(statement).all();
    for (const name of ['audit_is_never_updated', 'audit_is_never_deleted', 'audit_head_goes_on'])
      database.exec(`DROP TRIGGER IF EXISTS ${name}`);
    database.exec(statement);
    return [];
  } finally {
    database.close();
  }
}

const FROZEN = `
freezes: [{ name: year end, time_zone: UTC, from: 2020-01-01T00:00, until: 2999-01-01T00:00 }]
roles: { leads: { people: [mia] } }
break_glass: { allow: [leads], channel: C0ALERTS }
`;

describe('a policy on the command line', () => {
  it('that is wrong ends every command with status 8 and its place', async () => {
    scene.write('policy.yaml', 'rules:\n  - approve: [sre]\n');
    const { status, stderr } = await scene.run('history');
    expect(status).toBe(8);
    expect(stderr).toMatch(/policy\.yaml:2:15 unknown role "sre"\n {2}Known: run, approve\./);
  });

  it('that names a runbook which does not exist ends with status 8', async () => {
    scene.write('policy.yaml', 'rules: [{ match: { runbooks: tme-wait }, approvals: 2 }]\n');
    const { status, stderr } = await scene.run('history');
    expect([status, stderr]).toEqual([
      8,
      expect.stringMatching(/:1:30 unknown runbook "tme-wait"\n {2}Did you mean time-wait/),
    ]);
  });

  it('in a freeze refuses an approval with its name, its end and the way around', async () => {
    scene.write('policy.yaml', FROZEN);
    const proposal = await seedProposal(scene);
    const { status, stderr } = await scene.runAs('noor', 'approve', proposal, '--yes');
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /the freeze "year end" is in force until 2999-01-01 00:00 \(UTC\)\n.*break-glass is for leads/,
    );
  });

  it('gives roles to Unix groups as the system knows them', async () => {
    scene.write('policy.yaml', 'roles: { admins: { unix_groups: [no-such-group] } }\nrules: [{ approve: [admins] }]\n');
    const proposal = await seedProposal(scene, { requester: 'ida' });
    expect((await scene.run('approve', proposal, '--yes')).status).toBe(4);
    scene.write('policy.yaml', 'roles: { admins: { unix_groups: [root] } }\nrules: [{ approve: [admins] }]\n');
    expect((await scene.runAs('noor', 'approve', proposal, '--yes')).status).toBe(4);
    expect((await scene.run('approve', proposal, '--yes')).stdout).toContain('  Approved by mia.\n');
  });
});

describe('whoever is not let in', () => {
  it('is recorded with what they wanted', async () => {
    const proposal = await seedProposal(scene);
    await scene.runAs('stranger', 'approve', proposal, '--yes');
    await scene.runAs('stranger', 'run', 'time-wait', 'on', 'web-1');
    const rows = sql("SELECT * FROM audit WHERE event = 'identity.denied' ORDER BY seq");
    expect(rows.map(({ actor, subject, body }) => [actor, subject, JSON.parse(body).wish])).toEqual([
      ['unix:stranger', 'proposal:1-1', 'approve'],
      ['unix:stranger', 'runbook:time-wait', 'run'],
    ]);
  });
});

describe('countersign approve of a change that has to be typed', () => {
  it.each([
    ['nothing typed', ['--yes'], /1-1 has to be confirmed by typing its name/],
    ['another name typed', ['--confirm', '1-2'], /"1-2" is not 1-1/],
  ])('with %s is refused with status 4, with the reason and what to type', async (_what, options, words) => {
    const proposal = await seedProposal(scene, { typed: ['it restarts every worker'] });
    const { status, stderr } = await scene.runAs('noor', 'approve', proposal, ...options);
    expect(status).toBe(4);
    expect(stderr).toMatch(words);
    expect(stderr).toContain(
      'Type 1-1 to approve it (on the command line: --confirm 1-1). Why: it restarts every worker.',
    );
    expect((await scene.run('show', '1')).stdout).toContain('needs 1 approval, typed');
  });

  it('with its name is made without another question', async () => {
    const proposal = await seedProposal(scene, { typed: ['it restarts every worker'] });
    expect((await scene.runAs('noor', 'approve', proposal, '--confirm', proposal)).stdout).toContain(
      '  Approved by noor.\n',
    );
  });
});

describe('countersign break-glass', () => {
  it('makes a change for its requester in a freeze, and its review stays open until somebody else closes it', async () => {
    scene.write('policy.yaml', FROZEN);
    const proposal = await seedProposal(scene);
    expect((await scene.run('reviews')).stdout).toBe('No review is open.\n');
    const broken = await scene.run('break-glass', proposal, '--reason', 'the shop is down', '--yes');
    expect(broken.status).toBe(10);
    expect(broken.stdout).toContain('  Glass broken by mia: the shop is down.\n  Its review is open.\n');
    expect(broken.stdout).toMatch(/^ {2}web-1: .*refused the connection/m);
    expect((await scene.runAs('ida', 'reviews')).stdout).toMatch(
      /1-1 {2}glass broken by mia: the shop is down\n {2}To close the review: countersign review 1-1 NOTE\n$/,
    );
    expect(await scene.run('review', proposal, 'fine')).toMatchObject({ status: 4 });
    const reviewed = await scene.runAs('ida', 'review', proposal, 'it', 'was', 'needed', '--json');
    expect(JSON.parse(reviewed.stdout)).toMatchObject([{ review: { person: 'ida', note: 'it was needed' } }]);
    expect((await scene.run('reviews')).stdout).toBe('No review is open.\n');
    expect(await scene.runAs('noor', 'review', proposal, 'again')).toMatchObject({ status: 5 });
    expect((await scene.run('show', '1')).stdout).toContain('  Reviewed by ida: it was needed.\n');
  });

  it('needs a reason, the right and a yes', async () => {
    scene.write('policy.yaml', FROZEN);
    const proposal = await seedProposal(scene);
    expect(await scene.run('break-glass', proposal, '--yes')).toMatchObject({ status: 2 });
    expect(await scene.run('break-glass', proposal, '--yes', '--reason', 'short')).toMatchObject({ status: 2 });
    expect(await scene.run('break-glass', proposal, '--reason', 'the shop is down')).toMatchObject({ status: 2 });
    const noor = await scene.runAs('noor', 'break-glass', proposal, '--yes', '--reason', 'the shop is down');
    expect([noor.status, noor.stderr]).toEqual([4, expect.stringContaining('noor may not break glass for 1-1')]);
    expect((await scene.run('show', '1')).stdout).toContain('needs 1 approval');
  });
});

describe('countersign audit', () => {
  it('finds the chain whole, and prints the head that proves it later', async () => {
    const proposal = await seedProposal(scene);
    const head = (await scene.run('audit', 'head')).stdout.trim();
    expect(head).toMatch(/^\d+:[0-9a-f]{64}$/);
    await scene.run('reject', proposal, '--yes');
    const { status, stdout } = await scene.run('audit', 'verify', '--expect', head);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^The audit chain is whole: \d+ entries, head \d+:[0-9a-f]{64}\n$/),
    ]);
    expect(JSON.parse((await scene.run('audit', 'verify', '--json')).stdout)).toMatchObject({ kind: 'sound' });
    expect(await scene.run('audit', 'verify', '--expect', 'x')).toMatchObject({ status: 2 });
  });

  it('ends with status 1 and names the first entry that is wrong', async () => {
    await seedProposal(scene);
    const head = (await scene.run('audit', 'head')).stdout.trim();
    sql("UPDATE audit SET actor = 'noor' WHERE seq = 1");
    const { status, stderr } = await scene.run('audit', 'verify');
    expect([status, stderr]).toEqual([
      1,
      'The audit chain is broken. Entry 1 is not as it was written: its hash does not fit what it says.\n',
    ]);
    const json = await scene.run('audit', 'verify', '--json', '--expect', head);
    expect([json.status, JSON.parse(json.stdout)]).toMatchObject([1, { kind: 'broken', seq: 1, problem: 'altered' }]);
  });

  it('that was cut off lets nobody decide anything more', async () => {
    const proposal = await seedProposal(scene);
    sql('DELETE FROM audit WHERE seq = 2');
    const { status, stderr } = await scene.runAs('noor', 'approve', proposal, '--yes');
    expect([status, stderr]).toEqual([7, expect.stringContaining('countersign audit verify')]);
    expect((await scene.run('show', '1')).stdout).toContain('needs 1 approval');
  });
});
