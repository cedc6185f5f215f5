import { spawn } from 'node:child_process';
import { OperatorError } from '../base/error.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_CHARS = 4_000_000;

/** What a command on this machine or on a lab host left behind. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; -1 when a signal or the time limit ended it. */
  readonly code: number;
}

/** Input and limits of one command. */
export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command from its argv, without a shell; a non-zero exit is data. Rejects when the program cannot be started. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<CommandOutput> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_OUTPUT_CHARS) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_OUTPUT_CHARS) stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? -1 }));
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a command that has to succeed and answers its stdout; otherwise throws `lab/failed` with what it said. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await run(argv, options);
  if (output.code !== 0) throw commandFailed(argv, output);
  return output.stdout;
}

/** The operator error of a command that failed. */
export function commandFailed(argv: readonly string[], output: CommandOutput): OperatorError {
  const shown = argv.map((argument) => (argument.includes('\n') ? '…' : argument)).slice(0, 6);
  const said = output.stderr.trim() || output.stdout.trim() || `exit status ${output.code}`;
  return new OperatorError('lab/failed', {
    message: `The lab could not run "${shown.join(' ')}": ${said.slice(-600)}`,
    details: { argv: shown, code: output.code },
  });
}
