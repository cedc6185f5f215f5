import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Changes } from '../changes.ts';
import type { Directory } from './directory.ts';
import { createFiles, type Files } from './files.ts';
import { createMessages, type Messages } from './messages.ts';
import { createResponseUrls, type ResponseUrls } from './response-urls.ts';
import { createTimestamps, type Timestamps } from './timestamps.ts';
import { createTriggers, type Triggers } from './triggers.ts';
import { createViews, type Views } from './views.ts';

/** Everything that one local Slack remembers. It lives in memory and is gone when the sandbox stops. */
export interface Workspace {
  readonly directory: Directory;
  readonly messages: Messages;
  readonly views: Views;
  readonly files: Files;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly timestamps: Timestamps;
  /** Forgets messages, views and files; tokens, members and connections stay. */
  reset(): void;
}

/** A workspace in which nothing has been said yet. */
export function createWorkspace(deps: {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly changes: Changes;
}): Workspace {
  const timestamps = createTimestamps(deps.clock);
  const messages = createMessages({ timestamps, changes: deps.changes });
  const views = createViews(deps);
  const files = createFiles(deps);
  return {
    directory: deps.directory,
    messages,
    views,
    files,
    triggers: createTriggers(deps),
    responseUrls: createResponseUrls(deps),
    timestamps,
    reset: () => {
      messages.clear();
      views.clear();
      files.clear();
      deps.changes.emit({ kind: 'workspace' });
    },
  };
}
