import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliScene, seedProposal, setCliScene } from '../helpers/cli.ts';
import { freePort, keygen } from '../helpers/sshd.ts';

let scene: CliScene;
let proposal: string;

beforeEach(async () => {
  const port = await freePort();
  scene = setCliScene({
    hosts: [`{ name: web-1, address: 127.0.0.1, port: ${port}, user: nobody, identity_file: key }`],
  });
  keygen('ed25519', join(scene.dir, 'key'));
  proposal = await seedProposal(scene);
});

afterEach(() => {
  scene[Symbol.dispose]();
});

describe('countersign show', () => {
  it('shows a proposal with its exact difference, prediction, risk and how to approve it', async () => {
    const { status, stdout } = await scene.run('show', '1');
    expect(status).toBe(0);
    expect(stdout).toContain(`\nProposal 1-1: reserve service ports on web-1  needs 1 approval\n`);
    expect(stdout).toContain('net.ipv4.ip_local_reserved_ports');
    expect(stdout).toContain('33333');
    expect(stdout).toContain('  Predicted: Outgoing connections skip port 33333 from now on.\n');
    expect(stdout).toContain('Somebody other than mia approves: countersign approve 1-1');
    expect((await scene.run('history')).stdout).toMatch(/\[1-1 reserve service ports: open\]$/m);
  });
});

describe('countersign approve', () => {
  it("refuses the requester's own proposal with status 4, and leaves it open", async () => {
    const { status, stderr } = await scene.run('approve', proposal, '--yes');
    expect(status).toBe(4);
    expect(stderr).toBe(
      'countersign: 1-1 came from your own run, so somebody else has to approve it\n  You may reject it.\n',
    );
    const json = await scene.run('approve', proposal, '--yes', '--json');
    expect(JSON.parse(json.stdout).error.code).toBe('policy/own-proposal');
    expect((await scene.run('show', '1')).stdout).toContain('needs 1 approval');
  });

  it('refuses a Unix user who is not among the people before it asks anything', async () => {
    const { status, stderr } = await scene.runAs('stranger', 'approve', proposal);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^countersign: the Unix user stranger is not among the configured people\n/);
  });

  it('does nothing without a confirmation where nobody can answer, and says what would have been decided', async () => {
    const { status, stdout, stderr } = await scene.runAs('noor', 'approve', proposal);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Proposal 1-1: reserve service ports on web-1');
    expect(stderr).toContain(
      'countersign: not confirmed, so nothing was done\n  Answer y, or give --yes where nobody can answer.\n',
    );
    expect((await scene.run('show', '1')).stdout).toContain('needs 1 approval');
  });

  it('ends with status 10 when the change is not proven, keeps who approved, and cannot be repeated', async () => {
    const { status, stdout } = await scene.runAs('noor', 'approve', proposal, '--yes', '--reason', 'go ahead');
    expect(status).toBe(10);
    expect(stdout).toContain('  Approved by noor: go ahead.\n');
    expect(stdout).toMatch(/^ {2}web-1: .*refused the connection/m);
    const again = await scene.runAs('ida', 'approve', proposal, '--yes', '--json');
    expect(again.status).toBe(5);
    expect(JSON.parse(again.stdout).error.code).toBe('state/already-decided');
  });
});

describe('countersign reject', () => {
  it('is open to the requester, succeeds, and cannot be followed by an approval', async () => {
    const { status, stdout } = await scene.run('reject', proposal, '--yes', '--reason', 'not now', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).proposals).toMatchObject([
      {
        id: '1-1',
        state: 'rejected',
        approvals: [{ person: 'mia', verdict: 'reject', reason: 'not now', surface: 'cli' }],
      },
    ]);
    expect(await scene.runAs('noor', 'approve', proposal, '--yes')).toMatchObject({ status: 5 });
    expect((await scene.run('show', '1')).stdout).toContain('  Rejected by mia: not now.\n');
  });
});

describe('countersign undo', () => {
  it('refuses with status 5 what was never applied', async () => {
    const { status, stdout } = await scene.run('undo', proposal, '--yes', '--json');
    expect(status).toBe(5);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'state/not-applicable',
      message: expect.stringContaining('1-1 cannot be undone: it is open'),
    });
  });
});
