import type { ActDeps } from '../acts/act.ts';
import type { Changes } from '../changes.ts';
import type { Faults } from '../faults.ts';
import type { Connections } from '../socket-mode/connections.ts';
import type { Traffic } from '../traffic.ts';
import type { WebApi } from '../web-api/dispatch.ts';

/** A line that tells a newcomer what can be typed. */
export interface Suggestion {
  /** The whole line, with placeholders, for example `/runbook run time-wait on @web`. */
  readonly usage: string;
  readonly description: string;
}

/** A shortcut of the app as its manifest would name it. */
export interface SandboxShortcut {
  readonly callbackId: string;
  readonly name: string;
  readonly type: 'message' | 'global';
}

/** The app's slash command as its manifest names it. */
export interface SlashCommand {
  readonly name: string;
  readonly usageHint: string;
  readonly description: string;
  /** Whether names of members and channels arrive as references, the manifest's `should_escape`; false when left out. */
  readonly shouldEscape?: boolean;
}

/** What the page shows of the app besides what the bot says. */
interface Showcase {
  readonly command: SlashCommand;
  readonly suggestions: readonly Suggestion[];
  /** Words that may follow in a command; `usage` is the word. */
  readonly words: readonly Suggestion[];
  /** Lines for the top of an empty channel; a line that starts with `/` fills the composer. */
  readonly welcome: readonly string[];
  readonly shortcuts: readonly SandboxShortcut[];
}

/** What the control API needs. */
export interface ControlDeps {
  readonly acts: ActDeps;
  readonly changes: Changes;
  readonly connections: Connections;
  readonly faults: Faults;
  readonly traffic: Traffic;
  readonly api: WebApi;
  readonly showcase: Showcase;
}
