import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { openLab } from '../../src/lab/lab.ts';
import { identify } from '../../src/lab/process.ts';
import { isDead } from '../../src/lab/removal.ts';
import { labDirectory, readState, writeState } from '../../src/lab/state.ts';
import { withLab } from '../helpers/lab.ts';
import { NO_TRACES, processesOf, survivors, tracesOf } from './traces.ts';

const DEPS = { logger: silentLogger, clock: systemClock };
let stateRoot = '';

beforeEach(() => {
  stateRoot = mkdtempSync(join(tmpdir(), 'countersign-owner-'));
});

afterEach(() => {
  rmSync(stateRoot, { recursive: true });
});

/** A process of its own that makes a lab and then waits; answers once the lab is up. */
async function ownerProcess(code: string) {
  const dist = new URL('../../dist/', import.meta.url);
  const script = `
    const { upLab } = await import('${dist}lab/lab.js');
    const { systemClock: clock } = await import('${dist}base/clock.js');
    const { systemIds: ids } = await import('${dist}base/ids.js');
    const { silentLogger: logger } = await import('${dist}base/logger.js');
    const lab = await upLab({ logger, clock, ids, webHosts: 1, stateRoot: ${JSON.stringify(stateRoot)} });
    ${code}
    console.log(lab.id);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const id = await Promise.race([
    new Promise<string>((resolve) =>
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim())),
    ),
    ended.then(() => Promise.reject(new Error('the owner ended before its lab was up'))),
  ]);
  return {
    id,
    directory: labDirectory(stateRoot, id),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

it('a lab whose owner was killed is removed by the next start of a lab', async () => {
  const owner = await ownerProcess('');
  const processes = await processesOf(owner);
  await owner.kill();
  expect(survivors(processes).length).toBeGreaterThan(5);
  await withLab({ stateRoot }, async (lab) => {
    expect(survivors(processes)).toEqual([]);
    expect(await tracesOf(owner)).toEqual(NO_TRACES);
    expect((await lab.status()).hosts.every(({ running }) => running)).toBe(true);
  });
});

it('a detached lab outlives whoever made it, can be opened by others and is not removed by a start', async () => {
  const owner = await ownerProcess('lab.detach();');
  await owner.kill();
  await withLab({ stateRoot }, async (other) => {
    expect(() => openLab({ ...DEPS, stateRoot })).toThrow(/Several labs are up/);
    const lab = openLab({ ...DEPS, stateRoot, id: owner.id });
    expect(lab.id).not.toBe(other.id);
    expect((await lab.status()).detached).toBe(true);
    await lab[Symbol.asyncDispose]();
    expect((await lab.exec('web-1', ['hostname'])).stdout).toBe('web-1\n');
    await lab.down();
    expect(await tracesOf(owner)).toEqual(NO_TRACES);
  });
});

it('opening says so when no lab is up, or none of that id', () => {
  expect(() => openLab({ ...DEPS, stateRoot })).toThrow(expect.objectContaining({ code: 'lab/not-running' }));
  expect(() => openLab({ ...DEPS, stateRoot, id: 'none' })).toThrow('No lab "none" is up.');
});

it('a lab is dead with its owner, and a detached one with the boot or with all of its hosts', async () => {
  await withLab({ stateRoot }, async (lab) => {
    const state = readState(lab.directory);
    if (state === undefined) throw new Error('the lab has no record');
    const detached = { ...state, owner: null };
    expect(isDead(state)).toBe(false);
    expect(isDead({ ...state, owner: { pid: process.pid, startTicks: '1' } })).toBe(true);
    expect(isDead(detached)).toBe(false);
    expect(isDead({ ...detached, bootId: 'an earlier one' })).toBe(true);
    expect(isDead({ ...detached, hosts: state.hosts.map((host) => ({ ...host, process: null })) })).toBe(true);
  });
});

it('a record from before a restart of the machine is removed without ending the processes that it names', async () => {
  const bystander = identify(process.pid);
  if (bystander === undefined) throw new Error('this process has no identity');
  const stale = labDirectory(stateRoot, 'stale');
  await withLab({ stateRoot }, async (lab) => {
    const state = readState(lab.directory);
    if (state === undefined) throw new Error('the lab has no record');
    mkdirSync(stale, { mode: 0o700 });
    const hosts = state.hosts.map((host) => ({ ...host, process: bystander }));
    writeState(stale, { ...state, id: 'stale', bootId: 'an earlier one', hosts });
    await withLab({ stateRoot }, async () => {
      expect(existsSync(stale)).toBe(false);
      expect((await lab.exec('web-1', ['hostname'])).stdout).toBe('web-1\n');
    });
  });
});

it('a directory that others can write is not believed', async () => {
  await withLab({ stateRoot }, async (lab) => {
    const state = readState(lab.directory);
    if (state === undefined) throw new Error('the lab has no record');
    const planted = labDirectory(stateRoot, 'planted');
    mkdirSync(planted);
    chmodSync(planted, 0o777);
    writeState(planted, { ...state, id: 'planted' });
    expect(openLab({ ...DEPS, stateRoot }).id).toBe(lab.id);
    expect(() => openLab({ ...DEPS, stateRoot, id: 'planted' })).toThrow('No lab "planted" is up.');
  });
});
