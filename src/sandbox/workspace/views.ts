import type { Ids } from '../../base/ids.ts';
import type { Changes } from '../changes.ts';
import type { JsonObject } from '../json.ts';

/** At most this many modals lie on each other (docs.slack.dev, "Modals"). */
const MAX_STACKED_MODALS = 3;

/** A modal or App Home as the sandbox keeps it. */
export interface View {
  readonly id: string;
  readonly user: string;
  readonly type: 'modal' | 'home';
  readonly hash: string;
  /** What the bot sent: title, blocks, callback_id, … */
  readonly content: JsonObject;
  readonly rootId: string;
  readonly previousId: string | undefined;
  /** Slack's `state.values`, as the person last left the inputs. */
  readonly values: JsonObject;
  /** The conversation in which the person was when it opened. */
  readonly openedIn: string | undefined;
}

/** The modals that are open and the App Homes that are published. */
export interface Views {
  open(user: string, content: JsonObject, openedIn: string | undefined): View;
  /** Undefined when the stack is full or no modal is open. */
  push(user: string, content: JsonObject): View | undefined;
  publish(user: string, content: JsonObject): View;
  find(id: string): View | undefined;
  findByExternalId(externalId: string): View | undefined;
  replace(view: View, change: { content?: JsonObject; values?: JsonObject }): View;
  /** The modal in front of a member. */
  top(user: string): View | undefined;
  home(user: string): View | undefined;
  /** Takes the front modal away. */
  pop(user: string): void;
  closeAll(user: string): void;
  clear(): void;
}

/** Nothing open yet. */
export function createViews(deps: { ids: Ids; changes: Changes }): Views {
  const stacks = new Map<string, View[]>();
  const homes = new Map<string, View>();
  const all = (): View[] => [...[...stacks.values()].flat(), ...homes.values()];
  const stackOf = (user: string): View[] => stacks.get(user) ?? [];

  function make(user: string, type: View['type'], content: JsonObject, openedIn?: string): View {
    const id = `V${deps.ids.nonce().slice(0, 10).toUpperCase()}`;
    const hash = deps.ids.nonce();
    return { id, user, type, hash, content, rootId: id, previousId: undefined, values: {}, openedIn };
  }
  function setStack(user: string, stack: View[]): void {
    stacks.set(user, stack);
    deps.changes.emit({ kind: 'modal', user });
  }
  function replace(view: View, change: { content?: JsonObject; values?: JsonObject }): View {
    const next: View = { ...view, ...change, hash: change.content ? deps.ids.nonce() : view.hash };
    if (view.type === 'home') {
      homes.set(view.user, next);
      deps.changes.emit({ kind: 'home', user: view.user });
    } else {
      const swapped = stackOf(view.user).map((old) => (old.id === view.id ? next : old));
      setStack(view.user, swapped);
    }
    return next;
  }

  return {
    open: (user, content, openedIn) => {
      const view = make(user, 'modal', content, openedIn);
      setStack(user, [view]);
      return view;
    },
    push: (user, content) => {
      const stack = stackOf(user);
      const below = stack.at(-1);
      if (below === undefined || stack.length >= MAX_STACKED_MODALS) return undefined;
      const view: View = {
        ...make(user, 'modal', content, below.openedIn),
        rootId: below.rootId,
        previousId: below.id,
      };
      setStack(user, [...stack, view]);
      return view;
    },
    publish: (user, content) => {
      const current = homes.get(user);
      if (current !== undefined) return replace(current, { content });
      const view = make(user, 'home', content);
      return replace(view, { content });
    },
    find: (id) => all().find((view) => view.id === id),
    findByExternalId: (externalId) => all().find((view) => view.content['external_id'] === externalId),
    replace,
    top: (user) => stackOf(user).at(-1),
    home: (user) => homes.get(user),
    pop: (user) => setStack(user, stackOf(user).slice(0, -1)),
    closeAll: (user) => setStack(user, []),
    clear: () => {
      for (const user of stacks.keys()) setStack(user, []);
      for (const user of homes.keys()) deps.changes.emit({ kind: 'home', user });
      homes.clear();
    },
  };
}

/** A view as Slack's API and payloads show it. */
export function wireView(view: View, team: { teamId: string; appId: string; botId: string }): JsonObject {
  const { content } = view;
  return {
    id: view.id,
    team_id: team.teamId,
    type: view.type,
    blocks: content['blocks'],
    private_metadata: content['private_metadata'] ?? '',
    callback_id: content['callback_id'] ?? '',
    external_id: content['external_id'] ?? '',
    state: { values: view.values },
    hash: view.hash,
    title: content['title'] ?? null,
    close: content['close'] ?? null,
    submit: content['submit'] ?? null,
    clear_on_close: content['clear_on_close'] ?? false,
    notify_on_close: content['notify_on_close'] ?? false,
    submit_disabled: false,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
    app_id: team.appId,
    app_installed_team_id: team.teamId,
    bot_id: team.botId,
  };
}
