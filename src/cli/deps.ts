import type { CheckItem } from '../base/check-item.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { HostKeys } from '../engine/host-keys.ts';
import type { HostRights } from '../engine/host-rights.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RunbookLibrary } from '../runbook/load.ts';

/** One command's use of the product; disposing it lets go of everything that was opened. */
export interface Session extends AsyncDisposable {
  readonly engine: Engine;
  readonly inventory: Inventory;
  readonly runbooks: RunbookLibrary;
  /**
   * The person behind the Unix user, who wants `wish` about `subject`. Throws policy/unknown-person, and records it, when
   * the configuration does not name them.
   */
  asker(wish: string, subject: string): Promise<Asker>;
}

/** A generated file and whether it is as it should be. */
export interface GeneratedFile {
  readonly path: string;
  readonly current: boolean;
}

/** What the lab can be told from the command line. */
export interface LabCommands {
  up(options: { readonly webHosts: number; readonly load: boolean }): Promise<string[]>;
  status(): Promise<unknown>;
  /** Every fault by name, with what is wrong then. */
  faults(): string[];
  fault(name: string, hosts: readonly string[], mode: 'on' | 'off'): Promise<string[]>;
  load(options: { readonly ratePerHost: number; readonly seconds: number; readonly close: boolean }): Promise<string[]>;
  down(): Promise<string[]>;
}

/** What the commands need from the rest of the program; the composition root provides it. */
export interface CliDeps {
  openSession(config: string | undefined): Promise<Session>;
  loadInventory(config: string | undefined): Inventory;
  loadRunbooks(paths: readonly string[] | undefined, config: string | undefined): RunbookLibrary;
  /** What root is needed for on hosts, for all that these runbooks may do. */
  hostRights(runbooks: RunbookLibrary): HostRights;
  readonly hostKeys: HostKeys;
  generate(check: boolean): readonly GeneratedFile[];
  /** Everything that a real workspace needs, as it is found. Throws config/*. */
  checkSlack(config: string | undefined): Promise<readonly CheckItem[]>;
  /** The manifest of the Slack app; `url` is where Slack posts requests, undefined = it uses sockets. */
  slackManifest(options: { readonly command: string; readonly url: string | undefined }): string;
  /** Runs the bot until a signal ends it. */
  start(options: { readonly config: string | undefined; readonly port: number }, signal: AbortSignal): Promise<void>;
  demo(options: DemoOptions, signal: AbortSignal): Promise<void>;
  /** The lab of this id; undefined = the only one. */
  lab(id: string | undefined): Promise<LabCommands>;
  readonly output: Output;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  now(): number;
}

/** How the demonstration is to be set up. */
export interface DemoOptions {
  readonly hosts: number;
  readonly port: number;
  readonly load: boolean;
  /** Simulated hosts, also where lab hosts can be made. */
  readonly simulated: boolean;
}

/** Where a command writes, and whether a person watches. */
export interface Output {
  /** A line on stdout. */
  line(text: string): void;
  /** A line on stderr. */
  problem(text: string): void;
  /** Rewrites the last progress line on a terminal; does nothing elsewhere. */
  progress(text: string): void;
  readonly isTerminal: boolean;
  /** Asks a yes-or-no question on the terminal; false when nobody can answer. */
  confirm(question: string): Promise<boolean>;
  /** Asks for a line on the terminal; undefined when nobody can answer. */
  ask(question: string): Promise<string | undefined>;
}
