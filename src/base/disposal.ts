/** Things to let go of in reverse order of taking; what AsyncDisposableStack is on newer platforms. */
export interface Disposal extends AsyncDisposable {
  /** Takes a thing over and returns it. */
  use<T extends AsyncDisposable>(thing: T): T;
}

/** An empty pile. Disposing goes on past failures and then throws the first. */
export function createDisposal(): Disposal {
  const things: AsyncDisposable[] = [];
  return {
    use: (thing) => {
      things.push(thing);
      return thing;
    },
    [Symbol.asyncDispose]: async () => {
      const failures: unknown[] = [];
      for (const thing of things.splice(0).reverse()) {
        try {
          await thing[Symbol.asyncDispose]();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
