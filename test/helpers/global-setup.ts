import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installPackages } from './system-packages.ts';

/** Before any test: the build is there (tests start the real program), and so are the Debian packages that tests drive. */
export default function setup(): void {
  if (!existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)))) {
    throw new Error('dist/main.js is missing: run `npm run build` first, or `npm test`, which does');
  }
  installPackages([
    { name: 'chromium', binary: '/usr/bin/chromium' },
    { name: 'openssh-server', binary: '/usr/sbin/sshd' },
    { name: 'nginx-light', binary: '/usr/sbin/nginx' },
    { name: 'iproute2', binary: '/usr/bin/ss' },
    { name: 'sudo', binary: '/usr/bin/sudo' },
    { name: 'procps', binary: '/usr/bin/ps' },
  ]);
}
