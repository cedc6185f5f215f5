import type { Run } from '../engine/model.ts';
import type { RunFigureStore } from '../engine/run-figures.ts';
import type { Executor } from './schema.ts';
import type { Query } from './transact.ts';

/** So many of the last runs say what is usual: enough for a median, few enough to follow a fleet that changes. */
const LIKE_RUNS = 9;

/** Figures of runs. */
export function createRunFigureStore(query: Query): RunFigureStore {
  return {
    usualMs: (like) => query((db) => selectUsualMs(db, like)),
    outputs: (id) =>
      query(async (db) => {
        const counted = db.selectFrom('steps').select(({ fn }) => fn.countAll<number>().as('outputs'));
        return Number((await counted.where('run_id', '=', id).executeTakeFirstOrThrow()).outputs);
      }),
  };
}

async function selectUsualMs(db: Executor, { id, runbook, params }: Pick<Run, 'id' | 'runbook' | 'params'>) {
  const rows = await db
    .selectFrom('runs')
    .select(['created_at', 'finished_at'])
    .where('runbook', '=', runbook)
    .where('id', '<', id)
    .where('state', '=', 'finished')
    .where('params', '=', JSON.stringify(params))
    .where(({ eb, selectFrom }) => {
      const hosts = selectFrom('run_hosts').select(({ fn }) => fn.countAll<number>().as('hosts'));
      return eb(hosts.whereRef('run_id', '=', 'runs.id'), '=', hosts.where('run_id', '=', id));
    })
    .orderBy('id', 'desc')
    .limit(LIKE_RUNS)
    .execute();
  const took = rows.flatMap(({ created_at, finished_at }) => (finished_at === null ? [] : [finished_at - created_at]));
  return took.sort((a, b) => a - b)[took.length >> 1];
}
