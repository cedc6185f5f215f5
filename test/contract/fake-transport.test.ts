import { describe, expect, test } from 'vitest';
import { changeScript, readCommand } from '../../src/base/command.ts';
import { asHostName } from '../../src/base/ids.ts';
import { createCannedTransport, createLocalTransport } from '../helpers/fake-transport.ts';
import { testGrant } from '../helpers/grant.ts';
import { testHost } from '../helpers/sshd.ts';
import { describeTransport } from './transport.ts';

describeTransport('the local fake', async () => ({
  host: testHost({}),
  createTransport: createLocalTransport,
  [Symbol.asyncDispose]: async () => {},
}));

describe('the canned fake', () => {
  const host = (name: string) => testHost({ name: asHostName(name) });
  const options = { signal: new AbortController().signal };
  const steps = ['a', 'b'].map((id) => ({ id, command: readCommand(['true']), timeoutMs: 1000 }));

  test('answers by host and step, and keeps what was asked', async () => {
    await using transport = createCannedTransport({ 'web-1': { steps: { a: { stdout: 'A', exitCode: 2 } } } });
    const outcome = await transport.read(host('web-1'), steps, options);
    expect(outcome).toMatchObject({
      kind: 'ok',
      steps: [
        { id: 'a', stdout: 'A', exitCode: 2 },
        { id: 'b', exitCode: 0 },
      ],
    });
    expect(transport.calls).toEqual([{ host: 'web-1', kind: 'read', what: ['a', 'b'] }]);
  });

  test('fails as told, with the steps that had ended, and for hosts it does not know', async () => {
    await using transport = createCannedTransport({ 'web-1': { failure: 'timed_out', steps: { a: {} } } });
    expect(await transport.read(host('web-1'), steps, options)).toMatchObject({
      kind: 'timed_out',
      steps: [{ id: 'a' }],
    });
    expect(await transport.read(host('web-2'), steps, options)).toMatchObject({ kind: 'unreachable', steps: [] });
    transport.answer('web-2', {});
    expect((await transport.read(host('web-2'), steps, options)).kind).toBe('ok');
  });

  test('changes under a grant only', async () => {
    await using transport = createCannedTransport({ 'web-1': { change: { exitCode: 3, stdout: 'done' } } }, () => 50);
    const change = (grant = testGrant([asHostName('web-1')], 100)) =>
      transport.change(host('web-1'), changeScript('true'), grant, { ...options, timeoutMs: 1000 });
    expect(await change()).toEqual({ kind: 'ok', exitCode: 3, stdout: 'done', stderr: '' });
    await expect(change(testGrant([asHostName('web-1')], 50))).rejects.toThrow('expired');
    await expect(change(testGrant([asHostName('web-2')], 100))).rejects.toThrow('does not cover');
    expect(transport.calls).toHaveLength(1);
  });
});
