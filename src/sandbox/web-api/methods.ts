import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Methods } from './call.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { peopleMethods } from './people.ts';
import { APP_SCOPES } from './scopes.ts';
import { viewMethods } from './views.ts';

interface Deps {
  readonly workspace: Workspace;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Where the sandbox listens, known only after it does. */
  readonly origin: () => string;
  /** A WebSocket URL that works once. */
  readonly openConnection: () => string;
  /** What the bot was granted. */
  readonly scopes: readonly string[];
}

/** Every Web API method that the sandbox knows. */
export function createMethods(deps: Deps): Methods {
  const { directory } = deps.workspace;
  return {
    'api.test': { tier: 'tier4', token: 'bot', scopes: [], run: () => ({}) },
    'auth.test': {
      tier: 'tier4',
      token: 'bot',
      scopes: [],
      run: () => ({
        url: `${deps.origin()}/`,
        team: directory.teamName,
        team_id: directory.teamId,
        user: directory.bot.name,
        user_id: directory.bot.id,
        bot_id: directory.botId,
        is_enterprise_install: false,
      }),
    },
    'apps.connections.open': {
      tier: 'tier1',
      token: 'app',
      scopes: APP_SCOPES,
      run: () => ({ url: deps.openConnection() }),
    },
    ...chatMethods(deps),
    ...conversationMethods(deps),
    ...peopleMethods(directory),
    ...viewMethods(deps),
    ...fileMethods(deps),
  };
}
