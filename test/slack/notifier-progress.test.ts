import { expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import { arrangeNotifier } from '../helpers/notifier.ts';

it('a run that hangs is shown again as time passes, with the host that keeps it and since when', async () => {
  const { slack, clock, store, notify, start } = arrangeNotifier();
  const id = await start();
  await store.runs.progressed(id, asHostName('web-1'), 'kernel', clock.now());
  notify().serve();
  await expect.poll(() => slack.text('run:1')).toContain('0 of 1 host answered; 1 being asked.');
  expect(slack.text('run:1')).not.toContain('web-1');
  clock.ahead(40_000);
  await expect.poll(() => slack.text('run:1')).toContain('web-1 has been at kernel (1 of 1) for 40 s.');
  expect(slack.subjects()).toEqual(['run:1']);
});

it('how long a run takes is told from earlier ones like it, and not before there is one', async () => {
  const { slack, notify, start, finished, settle } = arrangeNotifier();
  const notifier = notify();
  await settle(notifier, await finished());
  expect(slack.text('run:1')).not.toContain('about');
  await settle(notifier, await start());
  expect(slack.text('run:2')).toContain('of about 1 s');
});

it('what hosts printed is read once, for the file, and for no sign of progress and no proposal', async () => {
  const { slack, engine, notify, start, settle } = arrangeNotifier({ 'web-1': 'bad', 'web-2': 'good' });
  const read: number[] = [];
  const view: typeof engine.view = (id) => {
    read.push(id);
    return engine.view(id);
  };
  const notifier = notify({ engine: { ...engine, view } });
  const id = await start();
  await settle(notifier, id);
  expect([read, slack.text('run:1')]).toEqual([[], expect.stringContaining('asking 2 hosts')]);
  await engine.drive({ kind: 'run', id });
  await settle(notifier, id);
  const { requester: person } = await engine.proposal('1-1');
  const rejection = { proposal: '1-1', verdict: 'reject', digest: undefined, reason: 'not now' } as const;
  await engine.decide({ person, surface: 'slack', ...rejection });
  await settle(notifier, id);
  expect([read, slack.files.length]).toEqual([[id], 1]);
  expect(slack.text('proposal:1-1')).toContain('Rejected by ada: not now.');
});
