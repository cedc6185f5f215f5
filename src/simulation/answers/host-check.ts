import { clockCommand } from '../../engine/host-check/clock.ts';
import { sudoCommand, sudoListCommand } from '../../engine/host-check/sudo.ts';
import { toolsCommand } from '../../engine/host-check/tools.ts';
import type { Machine } from '../machine.ts';
import { lines, type Output } from './answer.ts';

/** Uid of the login user. */
const UID = 1000;

/** What a simulated host answers to a question of the host check; undefined when it is none. */
export function answerHostCheck(machine: Machine, argv: readonly string[]): Output | undefined {
  const [, , script] = argv;
  const args = argv.slice(4);
  switch (script) {
    case clockCommand().argv[2]:
      return lines(String(Math.floor(machine.epochMs() / 1000)));
    case sudoCommand([]).argv[2]:
      return lines(
        `countersign-sudo 1 ${UID}`,
        ...args.map((right, index) => `${index + 1} ${allowed(machine, right)}`),
      );
    case sudoListCommand().argv[2]:
      return lines('User may run the following commands on this simulated host:', '    (root) NOPASSWD: ALL');
    case toolsCommand().argv[2]:
      return lines('countersign-tools 1', ...args.map((name) => `${has(machine, name) ? 'yes' : 'no'} ${name}`));
    default:
      return undefined;
  }
}

function allowed(machine: Machine, right: string): 'yes' | 'absent' {
  return has(machine, right.split(' ')[0]?.replace(/^.*\//, '') ?? '') ? 'yes' : 'absent';
}

/** Everything is installed, but nginx on the web hosts alone. */
function has(machine: Machine, name: string): boolean {
  return name !== 'nginx' || machine.nginx() !== undefined;
}
