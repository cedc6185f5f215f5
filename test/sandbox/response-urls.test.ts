import { expect, test } from 'vitest';
import { createMovedClock } from '../helpers/moved-clock.ts';
import { APPROVER, INCIDENTS, openSandbox, REQUESTER } from '../helpers/sandbox-scene.ts';

test('a response_url answers five times, then no more, and only one member sees it unless told otherwise', async () => {
  const { person, connect } = await openSandbox();
  const failures: string[] = [];
  await connect((app) => {
    app.command('/runbook', async ({ ack, respond }) => {
      await ack();
      for (let n = 1; n <= 6; n++) {
        await respond({ text: `answer ${n}`, response_type: n === 5 ? 'in_channel' : 'ephemeral' }).catch(
          (error: Error) => {
            failures.push(error.message);
          },
        );
      }
    });
  });
  await person.command(REQUESTER, INCIDENTS, '/runbook');
  await expect.poll(() => failures.length).toBe(1);
  expect(await person.messages(INCIDENTS, REQUESTER)).toHaveLength(5);
  expect(await person.messages(INCIDENTS, APPROVER)).toMatchObject([{ text: 'answer 5', is_ephemeral: false }]);
});

test('a response_url works for thirty minutes', async () => {
  const clock = createMovedClock();
  const { person, connect } = await openSandbox({ clock });
  let url = '';
  await connect((app) => {
    app.command('/runbook', async ({ ack, body }) => {
      url = body.response_url;
      await ack();
    });
  });
  await person.command(REQUESTER, INCIDENTS, '/runbook');
  const answer = async (): Promise<number> =>
    (await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status;
  clock.ahead(29 * 60_000);
  expect(await answer()).toBe(200);
  clock.ahead(2 * 60_000);
  expect(await answer()).toBe(404);
});
