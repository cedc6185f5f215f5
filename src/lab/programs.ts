import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../base/error.ts';

/** The folder of the lab's compiled programs (`service.js`, `holder.js`, `relay.js`, `load.js`). Throws `lab/failed` before a build. */
export function programsDirectory(): string {
  const directory = join(packageRoot(import.meta.dirname), 'dist', 'lab');
  if (existsSync(join(directory, 'service.js'))) return directory;
  throw new OperatorError('lab/failed', {
    message: `The lab's programs are not built: ${join(directory, 'service.js')} is missing.`,
    hint: 'Run `npm run build` first.',
  });
}

function packageRoot(from: string): string {
  const parent = dirname(from);
  return existsSync(join(from, 'package.json')) || parent === from ? from : packageRoot(parent);
}
