import type { JsonObject } from './json.ts';

/** A person of the sandbox. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  /** What they are to the workspace: member, guest, deactivated, … */
  readonly kind: string;
}

/** A channel, or direct messages. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly topic?: string;
  readonly isPrivate?: boolean;
  readonly isArchived?: boolean;
  readonly isExtShared?: boolean;
  readonly withoutBot?: boolean;
  /** The people in it; everybody when left out. */
  readonly members?: readonly string[];
  /** The member, when these are their direct messages with the bot. */
  readonly directWith?: string;
  /** The two, when these are direct messages of people. */
  readonly between?: readonly string[];
}

/** A line that can be typed. */
export interface Suggestion {
  readonly usage: string;
  readonly description: string;
}

/** A shortcut of the app. */
export interface Shortcut {
  readonly callbackId: string;
  readonly name: string;
  readonly type: 'message' | 'global';
}

/** The faults that the panel can set. */
export interface Faults {
  readonly delayMs: number;
  readonly dropDeliveries: number;
  readonly dropAcks: number;
  readonly duplicates: number;
  readonly rateLimits: number;
  readonly retryAfterS: number;
  readonly serverErrors: number;
  readonly errorStatus: number;
  readonly errorsCarriedOut: boolean;
  readonly dropAnswers: number;
  readonly chaos: { readonly seed: number; readonly chance: number } | null;
}

/** Everything about the workspace that is the same for all members. */
export interface World {
  readonly bot: Member;
  readonly members: readonly Member[];
  readonly userGroups: readonly { readonly id: string; readonly handle: string }[];
  readonly channels: readonly Place[];
  readonly command: { readonly name: string; readonly usageHint: string; readonly description: string };
  readonly suggestions: readonly Suggestion[];
  /** Words that may follow in a command, such as groups of hosts. */
  readonly words: readonly Suggestion[];
  readonly welcome: readonly string[];
  readonly shortcuts: readonly Shortcut[];
  readonly sockets: number;
  readonly faults: Faults;
  readonly counts: Readonly<Record<string, { readonly calls: number; readonly limited: number }>>;
  /** Calls above Slack's rates so far. */
  readonly exceeded: number;
}

/** A message as one member sees it. */
export interface Message {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly bot_id?: string;
  readonly text: string;
  readonly blocks?: readonly JsonObject[];
  readonly thread_ts?: string;
  readonly reply_count?: number;
  readonly latest_reply?: string;
  readonly files?: readonly JsonObject[];
  readonly edited?: JsonObject;
  readonly is_ephemeral: boolean;
}

/** A modal or App Home. */
export interface View {
  readonly id: string;
  readonly hash: string;
  readonly blocks: readonly JsonObject[];
  readonly title: JsonObject | null;
  readonly submit: JsonObject | null;
  readonly close: JsonObject | null;
  readonly previous_view_id: string | null;
  readonly state: { readonly values: JsonObject };
}

/** One line of raw traffic. */
export interface TrafficEntry {
  readonly n: number;
  readonly atMs: number;
  readonly from: 'bot' | 'sandbox';
  readonly what: string;
  readonly body: unknown;
  readonly status?: number;
  readonly answer?: unknown;
}

/** What came of an act. */
export interface ActResult {
  readonly ok: boolean;
  readonly error?: string;
  readonly errors?: Readonly<Record<string, string>>;
}

/** Something that changed in the sandbox. */
export interface Change {
  readonly kind: 'messages' | 'modal' | 'home' | 'workspace' | 'traffic';
  readonly channel?: string;
  readonly user?: string;
  /** Whose message it is, when it is new. */
  readonly by?: string;
}

/** What somebody put into an element. */
export type Entry = string | readonly string[] | null;

/** Entries by block_id and action_id. */
export type Entries = Readonly<Record<string, Readonly<Record<string, Entry>>>>;
