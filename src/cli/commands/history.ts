import { type Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '../../base/error.ts';
import { count } from '../../base/format.ts';
import { asRunId } from '../../base/ids.ts';
import { parseInstant } from '../../base/instant.ts';
import type { Host } from '../../inventory/host.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { selectHosts } from '../../inventory/selector.ts';
import type { CliDeps } from '../deps.ts';
import { renderEvidence, renderHistoryEntry } from '../render/human.ts';
import { historyJson } from '../render/json.ts';
import { printRun } from './run.ts';

interface HistoryOptions {
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly evidence?: boolean;
  readonly since?: string;
  readonly runbook?: string;
  readonly limit: number;
  readonly config?: string;
}

/** `countersign history [HOST]`: what ran and what came of it, newest first. */
export function addHistoryCommand(program: Command, deps: CliDeps): void {
  program
    .command('history')
    .description('list runs and what came of them, newest first')
    .argument('[host]', 'only runs on this host')
    .option('--since <time>', 'only runs since: 2h, "yesterday 14:00", 2026-11-22')
    .option('--runbook <name>', 'only runs of this runbook')
    .option('--limit <count>', 'at most this many', positive, 20)
    .option('--json', 'print JSON')
    .action(async (host: string | undefined, _options: HistoryOptions, command: Command) => {
      const options = command.optsWithGlobals<HistoryOptions>();
      await using session = await deps.openSession(options.config);
      const selected = host === undefined ? undefined : oneHost(session.inventory, host);
      const entries = await session.engine.history({
        limit: options.limit,
        ...(selected ? { host: selected.name } : {}),
        ...(options.runbook === undefined ? {} : { runbook: options.runbook }),
        ...(options.since === undefined ? {} : { since: parseInstant(options.since, deps.now()) }),
      });
      if (options.json) deps.output.line(JSON.stringify(entries.map(historyJson), null, 2));
      else if (entries.length === 0) deps.output.line(nothingFound(options, host));
      else for (const entry of entries) deps.output.line(renderHistoryEntry(entry));
    });
}

/** `countersign show ID`: one run with its findings, proposals and, if wanted, raw output. */
export function addShowCommand(program: Command, deps: CliDeps): void {
  program
    .command('show')
    .description('show a run: findings, proposals, what became of them')
    .argument('<id>', 'the number of the run', positive)
    .option('--raw', 'print what the steps printed, too')
    .option('--evidence', 'print the numbers that findings stand on')
    .option('--json', 'print JSON')
    .action(async (id: number, _options: HistoryOptions, command: Command) => {
      const options = command.optsWithGlobals<HistoryOptions>();
      await using session = await deps.openSession(options.config);
      await printRun(deps, session, asRunId(id), options);
      if (options.evidence && !options.json) {
        for (const line of renderEvidence(await session.engine.view(asRunId(id)))) deps.output.line(line);
      }
    });
}

function nothingFound({ since, runbook }: HistoryOptions, host: string | undefined): string {
  if (host !== undefined || since !== undefined || runbook !== undefined) return 'No such runs.';
  return 'No runs yet. Start one: countersign run time-wait on HOSTS';
}

function oneHost(inventory: Inventory, name: string): Host | undefined {
  const hosts = selectHosts(inventory, name);
  if (hosts.length === 1) return hosts[0];
  throw new OperatorError('request/invalid-selector', {
    message: `"${name}" names ${count(hosts.length, 'host')}; the history is of one`,
    hint: `Name one of ${hosts.map((host) => host.name).join(', ')}.`,
  });
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 is needed.');
  return number;
}
