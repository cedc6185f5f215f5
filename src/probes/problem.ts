import { count } from '../base/format.ts';
import type { Parsed, ProbeOutput } from './probe.ts';
import { sudoRefused } from './privilege.ts';

type Problem = Extract<Parsed<never>, { ok: false }>;

const EXCERPT_LINES = 5;
const EXCERPT_CHARACTERS = 600;

/** The output holds no fact; `reason` says what was expected and what to do. */
export function unreadable(output: ProbeOutput, reason: string): Problem {
  return problem('unreadable', output, reason);
}

/** Why an output can hold no fact whatever its text: sudo refused, the tool is missing, or the middle was cut out. */
export function brokenOutput(output: ProbeOutput, tool: string): Problem | undefined {
  if (sudoRefused(output)) {
    return problem(
      'sudo_refused',
      output,
      `sudo -n was refused; allow ${tool} in sudoers as the documentation lists, or set sudo: none.`,
    );
  }
  if (output.exitCode === 127) {
    return problem('tool_missing', output, `${tool} is not installed on this host; install it to get this fact.`);
  }
  if (output.droppedBytes > 0) {
    return problem(
      'unreadable',
      output,
      `${count(output.droppedBytes, 'byte')} were cut out of the middle, so the numbers would be wrong.`,
    );
  }
  return undefined;
}

/** A problem with its reason and the first lines of what came. */
export function problem(kind: Problem['problem'], output: ProbeOutput, reason: string): Problem {
  const text = output.stdout.trim() === '' ? output.stderr : output.stdout;
  const excerpt = text.split('\n', EXCERPT_LINES).join('\n').slice(0, EXCERPT_CHARACTERS);
  return { ok: false, problem: kind, reason, excerpt };
}
