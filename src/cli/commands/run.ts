import type { Command } from 'commander';
import { asRunId, type RunId } from '../../base/ids.ts';
import { hostProgress } from '../../engine/phrases.ts';
import { parseTypedRun } from '../../runbook/request.ts';
import type { Asker } from '../../engine/asker.ts';
import type { CliDeps, Session } from '../deps.ts';
import { EXIT } from '../exit.ts';
import { renderRun } from '../render/human.ts';
import { runJson } from '../render/json.ts';

interface RunOptions {
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly config?: string;
}

/** `countersign run NAME on HOSTS [param=value …]`: runs, shows progress, prints what was found. */
export function addRunCommand(program: Command, deps: CliDeps): void {
  program
    .command('run')
    .description('run a runbook on hosts and print what it found')
    .argument('<name>', 'the runbook')
    .argument('<words...>', 'on HOSTS [param=value …]; hosts: web-1, @web, tag:nginx, web-*, !web-2')
    .option('--json', 'print JSON')
    .option('--raw', 'print what the steps printed, too')
    .action(async (name: string, words: string[], _options: RunOptions, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>();
      await using session = await deps.openSession(options.config);
      const typed = parseTypedRun([name, ...words].join(' '));
      const asker = await session.asker('run', `runbook:${typed.runbook}`);
      const id = await session.engine.start({ ...asker, ...typed, channel: null });
      await followRun(deps, session, asker, id);
      await printRun(deps, session, id, options);
    });
}

/** Prints a run as it is now and sets the exit status by what it says. */
export async function printRun(deps: CliDeps, session: Session, id: RunId, options: RunOptions): Promise<void> {
  const view = await session.engine.view(id);
  const raw = options.raw === true;
  if (options.json) deps.output.line(JSON.stringify(runJson(view, { raw }), null, 2));
  else for (const line of renderRun(view, deps.now(), { raw })) deps.output.line(line);
  if (view.run.state !== 'finished' || view.hosts.every((host) => host.outcome !== 'ok'))
    process.exitCode = EXIT.runIncomplete;
}

/** Works on the run in this process and shows where the hosts are; Ctrl-C cancels it. */
async function followRun(deps: CliDeps, session: Session, asker: Asker, id: RunId): Promise<void> {
  const cancel = (): void => {
    session.engine.cancel(asRunId(id), asker).catch(() => {});
  };
  if (deps.signal.aborted) cancel();
  deps.signal.addEventListener('abort', cancel, { once: true });
  const done = session.engine.drive({ kind: 'run', id });
  const watching = watch(deps, session, id);
  try {
    await done;
  } finally {
    deps.signal.removeEventListener('abort', cancel);
    clearInterval(watching);
    deps.output.progress('');
  }
}

function watch(deps: CliDeps, session: Session, id: RunId): NodeJS.Timeout {
  return setInterval(() => {
    session.engine
      .outline(id)
      .then((view) => {
        const probes = probesOf(session, view.run.runbook);
        if (view.run.state === 'reading')
          deps.output.progress(view.hosts.map((host) => hostProgress(host, probes)).join('  '));
      })
      .catch(() => {});
  }, 200);
}

function probesOf(session: Session, runbook: string): string[] {
  return session.runbooks.runbooks.find(({ name }) => name === runbook)?.steps.map(({ probe }) => probe.id) ?? [];
}
