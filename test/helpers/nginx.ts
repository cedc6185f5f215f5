import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkNamespace } from './network-namespace.ts';

/** A folder with an nginx configuration and the nginx that runs from it inside a namespace. */
export interface RealNginx extends AsyncDisposable {
  readonly folder: string;
  readonly pid: number;
}

/**
 * Writes the files into a new folder and starts nginx from its `nginx.conf` inside the namespace. `@` in a text stands
 * for the folder. Disposing it stops that nginx by its pid and deletes the folder.
 */
export async function startNginx(host: NetworkNamespace, files: Readonly<Record<string, string>>): Promise<RealNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'));
  const config = join(folder, 'nginx.conf');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replaceAll('@', folder));
  }
  const { exitCode, stderr } = host.run(['/usr/sbin/nginx', '-c', config]);
  if (exitCode !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`nginx did not start: ${stderr}`);
  }
  const pid = Number(readFileSync(join(folder, 'nginx.pid'), 'utf8'));
  return {
    folder,
    pid,
    [Symbol.asyncDispose]: async () => {
      process.kill(pid, 'SIGTERM');
      while (existsSync(`/proc/${pid}`)) await delay(20);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
