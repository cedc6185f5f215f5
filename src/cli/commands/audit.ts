import type { Command } from 'commander';
import { OperatorError } from '../../base/error.ts';
import { count } from '../../base/format.ts';
import { type AuditHead, formatHead, parseHead } from '../../engine/audit-chain.ts';
import type { CliDeps } from '../deps.ts';
import { EXIT } from '../exit.ts';

interface AuditOptions {
  readonly json?: boolean;
  readonly expect?: string;
  readonly config?: string;
}

/** `countersign audit head` and `audit verify`: whether the chain of what happened is whole. */
export function addAuditCommands(program: Command, deps: CliDeps): void {
  const audit = program.command('audit').description('the hash chain of what people and the product did');
  audit
    .command('head')
    .description('print the last entry as SEQ:HASH, to be noted down where nobody can change it')
    .option('--json', 'print JSON')
    .action(async (_options: AuditOptions, command: Command) => {
      const options = command.optsWithGlobals<AuditOptions>();
      await using session = await deps.openSession(options.config);
      const head = await session.engine.auditHead();
      deps.output.line(options.json ? JSON.stringify(head, null, 2) : formatHead(head));
    });
  audit
    .command('verify')
    .description('find any entry that was altered, removed, reordered or cut off')
    .option('--expect <seq:hash>', 'a head that was noted down earlier; it must still be in the chain')
    .option('--json', 'print JSON')
    .action(async (_options: AuditOptions, command: Command) => {
      const options = command.optsWithGlobals<AuditOptions>();
      await verify(deps, options);
    });
}

async function verify(deps: CliDeps, { config, expect, json }: AuditOptions): Promise<void> {
  const expected = expect === undefined ? undefined : headFrom(expect);
  await using session = await deps.openSession(config);
  const report = await session.engine.verifyAudit(expected);
  if (json) deps.output.line(JSON.stringify(report, null, 2));
  else if (report.kind === 'broken') deps.output.problem(`The audit chain is broken. ${report.words}`);
  else
    deps.output.line(
      `The audit chain is whole: ${count(report.head.seq, 'entry', 'entries')}, head ${formatHead(report.head)}`,
    );
  if (report.kind === 'broken') process.exitCode = EXIT.auditBroken;
}

function headFrom(text: string): AuditHead {
  const head = parseHead(text);
  if (head) return head;
  throw new OperatorError('request/invalid', {
    message: `"${text}" is not a head of the audit chain`,
    hint: 'Give it as "countersign audit head" printed it: SEQ:HASH.',
  });
}
