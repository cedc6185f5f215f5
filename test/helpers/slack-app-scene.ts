import { expect } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import type { RunbookLibrary } from '../../src/runbook/load.ts';
import { wordRunbook } from './engine.ts';
import { PATIENCE, SCENE_PEOPLE, type SlackSceneInit, setSlackScene } from './slack-scene.ts';

/** Who asks, who approves, a guest with every role, and somebody who is not configured. */
export const [REQUESTER, APPROVER, GUEST, NOBODY] = ['U0REQUESTER', 'U0APPROVER', 'U0GUEST', 'U0APPROVER2'];

/** The word's runbook, with a parameter; other names are refused. */
function library(): RunbookLibrary {
  const interval = { name: 'interval', type: 'integer', default: 10, min: 2, max: 60, unit: 'seconds' } as const;
  const params = [{ ...interval, help: 'How long rates are measured.' }];
  const runbook = { ...wordRunbook({ path: '/word' }), params };
  return {
    runbooks: [runbook],
    broken: [],
    runbook: (name) => {
      if (name === runbook.name) return runbook;
      throw new OperatorError('request/unknown-runbook', { message: `there is no runbook "${name}"` });
    },
  };
}

/** What differs from the usual scene of the bot. */
export type AppSceneInit = Pick<SlackSceneInit, 'words' | 'sandbox' | 'adapt'>;

/** The bot on a sandbox with no policy but its people, where one member is nobody and the runbook takes a parameter. */
export async function setAppScene(init: AppSceneInit = {}) {
  const people = SCENE_PEOPLE.filter(({ slackUserId }) => slackUserId !== NOBODY);
  const scene = await setSlackScene({ ...init, people, runbooks: library() });
  /** Waits until so many runs were concluded and Slack has all of it. */
  const settled = (runs: number, patience = PATIENCE) =>
    expect
      .poll(async () => {
        const entries = await scene.engine.history({ limit: 10 });
        const concluded = entries.filter(({ run }) => run.state === 'finished').length;
        return { concluded, outdated: await scene.store.messages.outdated(10) };
      }, patience)
      .toEqual({ concluded: runs, outdated: [] });
  return { ...scene, settled };
}
