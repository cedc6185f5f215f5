import type { Engine } from '../engine/engine.ts';
import type { Overview } from '../engine/overview.ts';

/** An overview, and what tells it from the next one. */
interface StampedOverview {
  readonly stamp: string;
  readonly overview: Overview;
}

/** The overview as it is stored now, loaded again only when something differs. */
export interface Overviews {
  stamp(): Promise<string>;
  current(): Promise<StampedOverview>;
}

/** Overviews of one engine, for everybody who shows them. */
export function createOverviews(engine: Pick<Engine, 'overview' | 'overviewStamp'>): Overviews {
  let loading: { readonly stamp: string; readonly loaded: Promise<StampedOverview> } | undefined;
  return {
    stamp: () => engine.overviewStamp(),
    current: async () => {
      const stamp = await engine.overviewStamp();
      if (loading?.stamp === stamp) return loading.loaded;
      const loaded = engine.overview().then((overview) => ({ stamp, overview }));
      loading = { stamp, loaded };
      loaded.catch(() => {
        if (loading?.loaded === loaded) loading = undefined;
      });
      return loaded;
    },
  };
}
