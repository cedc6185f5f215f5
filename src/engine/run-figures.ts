import type { RunId } from '../base/ids.ts';
import type { Run } from './model.ts';

/** What is counted of runs without reading what their hosts printed. */
export interface RunFigureStore {
  /**
   * How long a run like this one usually takes, in ms: the median of the last ones that finished, of the same runbook
   * with the same params on as many hosts. Undefined when there are none.
   */
  usualMs(like: Pick<Run, 'id' | 'runbook' | 'params'>): Promise<number | undefined>;
  /** How many steps' outputs are kept of a run. */
  outputs(id: RunId): Promise<number>;
}
