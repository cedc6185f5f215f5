import { type ReadCommand, readScript } from '../../base/command.ts';
import { list } from '../../base/format.ts';
import { check } from './check.ts';
import type { Check } from './model.ts';

/** Programs of which one is enough, the best first, and what is lost. */
interface Tool {
  readonly anyOf: readonly [string, ...string[]];
  /** What is lost when none of them is there. */
  readonly without: string;
  /** Whether runs are worth little without it. */
  readonly vital: boolean;
  /** What is lost when the first is not there but another is. */
  readonly lesser?: string;
}

/** What the scripts of the probes and of the receipts call, beside the shell's own commands and nginx. */
const TOOLS: readonly Tool[] = [
  {
    anyOf: ['ss', 'netstat'],
    without: 'sockets and listeners are not read',
    lesser: 'accept queues, the owners of ports and the timestamps of peers are not known',
    vital: true,
  },
  ...['awk', 'sed', 'grep', 'sort', 'head', 'tail', 'cut'].map(
    (name): Tool => ({ anyOf: [name], without: 'most probes do not answer', vital: true }),
  ),
  { anyOf: ['ps'], without: 'in which network namespace nginx lives is not known', vital: false },
  { anyOf: ['readlink'], without: "nginx's binary and its network namespace are not known", vital: false },
  { anyOf: ['find'], without: "nginx's version is not known", vital: false },
  { anyOf: ['stat'], without: 'whether nginx has loaded its configuration is not known', vital: false },
  { anyOf: ['ip'], without: "the host's own addresses are not known", vital: false },
  { anyOf: ['curl', 'wget'], without: "requests are counted in nginx's logs alone", vital: false },
  {
    anyOf: ['bash', 'python3', 'perl', 'nc'],
    without: 'how long backends keep idle connections is not measured',
    vital: false,
  },
  { anyOf: ['dmesg', 'journalctl'], without: 'the kernel log is not searched', vital: false },
  { anyOf: ['flock'], without: 'changes are not made', vital: false },
  { anyOf: ['sha256sum'], without: 'changes are not made', vital: false },
  { anyOf: ['cmp'], without: 'changes are not made', vital: false },
];

/** Asked for with the others, judged with nginx itself. */
export const NGINX = 'nginx';
/** A shell's watchdog does its work where it is absent, so nothing is lost. */
const TIMEOUT = 'timeout';

const NAMES: readonly string[] = [...TOOLS.flatMap(({ anyOf }) => anyOf), NGINX, TIMEOUT];

const SCRIPT = `
echo 'countersign-tools 1'
for name; do if command -v "$name" >/dev/null 2>&1; then echo "yes $name"; else echo "no $name"; fi; done
exit 0
`;

/** Asks which programs are in the path that probes have. */
export function toolsCommand(): ReadCommand {
  return readScript(SCRIPT, NAMES);
}

/** Reads `countersign-tools 1` and one line `yes NAME` or `no NAME` a program; undefined unless all are told of. */
export function parseTools(text: string): ReadonlySet<string> | undefined {
  const [first, ...lines] = text.trimEnd().split('\n');
  if (first !== 'countersign-tools 1' || lines.length !== NAMES.length) return undefined;
  const found = new Set<string>();
  for (const [index, name] of NAMES.entries()) {
    if (lines[index] === `yes ${name}`) found.add(name);
    else if (lines[index] !== `no ${name}`) return undefined;
  }
  return found;
}

/** Whether the programs are there that probes and changes need, and what is lost without the others. */
export function judgeTools(found: ReadonlySet<string>): Check {
  const lost = TOOLS.flatMap((tool) => {
    const { anyOf, without, lesser } = tool;
    const best = anyOf.find((name) => found.has(name));
    if (best === undefined) return [{ name: list(anyOf), loses: without, vital: tool.vital }];
    return lesser === undefined || best === anyOf[0] ? [] : [{ name: anyOf[0], loses: lesser, vital: false }];
  });
  const detail = found.has(TIMEOUT) ? null : 'timeout is absent, so the shell ends slow steps itself';
  if (lost.length === 0)
    return check('tools', 'ok', 'The programs that probes and changes need are there.', { detail });
  const state = lost.some(({ vital }) => vital) ? 'failed' : 'warning';
  return check('tools', state, `Absent: ${lost.map(({ name }) => name).join(', ')}.`, {
    detail,
    todo: 'Install what is absent, or live without what is lost.',
    items: lost.map(({ name, loses }) => `without ${name}: ${loses}`),
  });
}
