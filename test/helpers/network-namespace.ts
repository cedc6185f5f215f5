import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCENE = fileURLToPath(new URL('./tcp-scene.mjs', import.meta.url));

/** What a command inside a namespace left behind. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Listeners and connections to make inside a namespace; see tcp-scene.mjs. */
export interface Scene {
  readonly listen?: readonly { readonly host: string; readonly port: number; readonly ipv6Only?: boolean }[];
  readonly connect?: readonly {
    readonly host: string;
    readonly port: number;
    readonly localPort?: number;
    readonly localAddress?: string;
  }[];
  /** Ports whose listener is closed after the connections were made. */
  readonly stop?: readonly number[];
}

/** A throw-away network namespace with loopback up; needs root. Disposing it ends the scenes and deletes it. */
export interface NetworkNamespace extends AsyncDisposable {
  readonly name: string;
  run(argv: readonly string[], environment?: Readonly<Record<string, string>>): Ran;
  play(scene: Scene): Promise<void>;
}

/** Makes a namespace with a name that nobody else uses. */
export function createNetworkNamespace(): NetworkNamespace {
  const name = `countersign-test-${process.pid}-${randomBytes(4).toString('hex')}`;
  must(['ip', 'netns', 'add', name]);
  const endings: (() => Promise<void>)[] = [];
  try {
    must(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  } catch (error) {
    must(['ip', 'netns', 'delete', name]);
    throw error;
  }
  return {
    name,
    run: (argv, environment = {}) =>
      run(['ip', 'netns', 'exec', name, '/usr/bin/env', ...assignments(environment), ...argv]),
    play: async (scene) => {
      endings.push(await play(name, scene));
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of endings) await end();
      must(['ip', 'netns', 'delete', name]);
    },
  };
}

async function play(name: string, scene: Scene): Promise<() => Promise<void>> {
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, SCENE, JSON.stringify(scene)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error('the scene could not be set up');
  return end;
}

function assignments(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}

function run(argv: readonly string[]): Ran {
  const [command = '', ...rest] = argv;
  const result = spawnSync(command, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  if (result.error) throw result.error;
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.status ?? -1 };
}

function must(argv: readonly string[]): void {
  const { exitCode, stderr } = run(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} failed: ${stderr}`);
}
