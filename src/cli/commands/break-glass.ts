import type { Command } from 'commander';
import type { BrokenGlass } from '../../engine/broken-glass.ts';
import type { CliDeps } from '../deps.ts';
import { glassJson } from '../render/json.ts';
import { renderBrokenGlass } from '../render/broken-glass.ts';
import { followChange, haveConfirmed, printChange, viewOf } from './decide.ts';

interface GlassOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly reason: string;
  readonly config?: string;
}

/** `countersign break-glass ID`, `review ID NOTE` and `reviews`: the way around missing approvals, and what it costs. */
export function addBreakGlassCommands(program: Command, deps: CliDeps): void {
  program
    .command('break-glass')
    .description('have a proposal applied without the approvals it lacks or in a freeze; it is announced and reviewed')
    .argument('<id>', 'the proposal, for example 41-1')
    .requiredOption('--reason <text>', 'what is broken and why it cannot wait; at least ten characters')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print JSON')
    .action((id: string, _options: GlassOptions, command: Command) =>
      breakGlass(deps, id, command.optsWithGlobals<GlassOptions>()),
    );
  program
    .command('review')
    .description('close the review of a proposal for which somebody else broke glass')
    .argument('<id>', 'the proposal, for example 41-1')
    .argument('<note...>', 'what you found')
    .option('--json', 'print JSON')
    .action(async (id: string, note: string[], _options: GlassOptions, command: Command) => {
      const options = command.optsWithGlobals<GlassOptions>();
      await using session = await deps.openSession(options.config);
      const asker = await session.asker('review', `proposal:${id}`);
      const closed = await session.engine.closeReview({ ...asker, proposal: id, note: note.join(' ') });
      print(deps, [closed], options);
    });
  program
    .command('reviews')
    .description('list broken glass that nobody has reviewed yet')
    .option('--json', 'print JSON')
    .action(async (_options: GlassOptions, command: Command) => {
      const options = command.optsWithGlobals<GlassOptions>();
      await using session = await deps.openSession(options.config);
      const open = await session.engine.openReviews();
      if (open.length === 0 && options.json !== true) deps.output.line('No review is open.');
      else print(deps, open, options);
    });
}

async function breakGlass(deps: CliDeps, id: string, options: GlassOptions): Promise<void> {
  await using session = await deps.openSession(options.config);
  const asker = await session.asker('break-glass', `proposal:${id}`);
  const proposal = await session.engine.proposal(id);
  if (options.yes !== true)
    await haveConfirmed(deps, await viewOf(session, proposal), 'Break glass and make this change now?');
  const { reason } = options;
  await session.engine.breakGlass({ ...asker, proposal: id, reason, digest: proposal.digest });
  await followChange(deps, session, proposal);
  await printChange(deps, session, proposal, options.json === true);
}

function print(deps: CliDeps, glasses: readonly BrokenGlass[], { json }: Pick<GlassOptions, 'json'>): void {
  if (json) deps.output.line(JSON.stringify(glasses.map(glassJson), null, 2));
  else for (const line of glasses.flatMap(renderBrokenGlass)) deps.output.line(line);
}
