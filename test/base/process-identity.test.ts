import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isProcessGone, processIdentity } from '../../src/base/process-identity.ts';

describe('a process identity', () => {
  const [machine = '', boot = '', pid = '', start = ''] = processIdentity().split('/');

  it('names machine, boot, process id and start time', () => {
    expect(machine).toBe(hostname());
    expect(boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(pid).toBe(String(process.pid));
    expect(start).toMatch(/^\d+$/);
  });

  it('of a living process is not gone', () => {
    expect(isProcessGone(processIdentity())).toBe(false);
  });

  it('is gone once the process has ended', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const identity = [machine, boot, child.pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]].join('/');
    expect(isProcessGone(identity)).toBe(false);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(isProcessGone(identity)).toBe(true);
  });

  it('is gone when its process id was given to another process, or the machine was started again', () => {
    expect(isProcessGone([machine, boot, pid, `${Number(start) - 1}`].join('/'))).toBe(true);
    expect(isProcessGone([machine, 'another-boot', pid, start].join('/'))).toBe(true);
  });

  it('of another machine, or one that cannot be read, is never taken for gone', () => {
    expect(isProcessGone(['elsewhere', boot, '1', '1'].join('/'))).toBe(false);
    expect(isProcessGone([machine, 'unknown', pid, start].join('/'))).toBe(false);
    expect(isProcessGone([machine, boot, pid, 'unknown'].join('/'))).toBe(false);
    expect(isProcessGone('')).toBe(false);
  });
});
