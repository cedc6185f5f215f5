/** Lets a limited number of holders in at a time, the others in the order they came. */
export interface Gate {
  /** Resolves with the way out, or with undefined when the signal aborts while waiting. Call the way out once. */
  enter(signal?: AbortSignal): Promise<(() => void) | undefined>;
  /** How many wait. */
  waiting(): number;
}

/** A gate for `limit` holders. */
export function createGate(limit: number): Gate {
  const queue: (() => void)[] = [];
  let held = 0;

  function release(): void {
    const next = queue.shift();
    if (next) next();
    else held -= 1;
  }

  function wayOut(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      release();
    };
  }

  function waitForTurn(signal: AbortSignal | undefined): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const turn = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve(wayOut());
      };
      const giveUp = () => {
        queue.splice(queue.indexOf(turn), 1);
        resolve(undefined);
      };
      queue.push(turn);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  return {
    async enter(signal) {
      if (signal?.aborted) return undefined;
      if (held >= limit) return waitForTurn(signal);
      held += 1;
      return wayOut();
    },
    waiting: () => queue.length,
  };
}
