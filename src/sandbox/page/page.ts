import type { Api } from './api.ts';
import type { PageState } from './state.ts';
import type { Store } from './store.ts';

/** What every region of the page works with. */
export interface Page {
  readonly api: Api;
  readonly state: PageState;
  readonly store: Store;
  /** What each message row was drawn from. */
  readonly rowVersions: WeakMap<HTMLElement, string>;
}
