import { homedir } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';

/** A path as people write it in the file `file`: relative to that file; `~/` is the home directory. */
export function authoredPath(path: string, file: string): string {
  if (path.startsWith('~/')) return resolve(homedir(), path.slice(2));
  return isAbsolute(path) ? path : resolve(dirname(file), path);
}
