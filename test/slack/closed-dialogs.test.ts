import { describe, expect, it } from 'vitest';
import { createGate } from '../helpers/gate.ts';
import { type AppSceneInit, APPROVER, GUEST, REQUESTER, setAppScene } from '../helpers/slack-app-scene.ts';
import { PATIENCE } from '../helpers/slack-scene.ts';

const RUN = /^Run 1:/;

/** A finished run, and a bot that finds nothing out about runs before the gate is open. */
async function waiting() {
  const gate = createGate();
  let asked = 0;
  let answered = 0;
  const adapt: AppSceneInit['adapt'] = (engine) => ({
    ...engine,
    outputs: async (id) => {
      asked += 1;
      await gate.opened;
      answered += 1;
      return engine.outputs(id);
    },
  });
  const scene = await setAppScene();
  await scene.as(REQUESTER, '/runbook run word on all');
  await scene.settled(1);
  await scene.app[Symbol.asyncDispose]();
  await scene.startApp(adapt({ ...scene.engine }));
  return { ...scene, gate, counts: () => [asked, answered] };
}

describe('a dialog that is closed before there is anything in it', () => {
  it('stays closed, and nobody is told of something wrong', async () => {
    const { gate, counts, click, dialog, people, told } = await waiting();
    const before = await told(APPROVER);
    await click(APPROVER, RUN, 'run_raw');
    await dialog(APPROVER, /Looking it up/);
    await expect.poll(counts, PATIENCE).toEqual([1, 0]);
    expect(await people.act('view-close', { user: APPROVER })).toMatchObject({ ok: true });
    gate.open();
    await expect.poll(counts, PATIENCE).toEqual([1, 1]);
    // What the bot does next comes after what it had to say of the dialog.
    await click(APPROVER, RUN, 'run_raw');
    await dialog(APPROVER, /run-1\.txt/);
    expect(await told(APPROVER)).toEqual(before);
    await click(GUEST, RUN, 'run_raw');
    await dialog(GUEST, /Guests may not do this/);
  });
});
