import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { run } from './run.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const APT = '/usr/bin/apt-get';
const INSTALL_TIMEOUT_MS = 600_000;
const WITHOUT_LAB =
  'Everything but the lab works without this: `countersign demo --simulated` has simulated hosts, and an inventory file names hosts of your own.';

/** The Debian packages whose programs a lab host runs, at the paths that the product's sudo rules name. */
const PACKAGES = [
  { name: 'openssh-server', programs: ['/usr/sbin/sshd', '/usr/bin/ssh-keygen'] },
  { name: 'nginx-light', programs: ['/usr/sbin/nginx'] },
  { name: 'iproute2', programs: ['/usr/bin/ss', '/usr/sbin/ip'] },
  { name: 'sudo', programs: ['/usr/bin/sudo'] },
  { name: 'procps', programs: ['/usr/bin/ps'] },
  { name: 'util-linux', programs: ['/usr/bin/unshare', '/usr/bin/nsenter'] },
] as const;

/**
 * Makes sure that this machine can carry a lab: Linux, root, and the programs of a web host; missing packages are
 * installed with apt-get, without starting the services that they bring. Throws `lab/unsupported` or
 * `lab/missing-package` with what is missing.
 */
export async function ensurePackages(logger: Logger): Promise<void> {
  const { platform, getuid } = process;
  if (platform !== 'linux') throw unsupported(`it needs Linux, and this is ${platform}`);
  if (getuid?.() !== 0) throw unsupported('it makes network namespaces and mounts, which only root may');
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (!existsSync(APT)) throw missingPackage(missing, 'There is no apt-get here to install them with.');
  logger.info('installing packages for the lab', { packages: missing });
  await withoutStartingServices(() => install(missing));
  const still = missingPackages();
  if (still.length > 0)
    throw missingPackage(still, 'They were installed, but their programs are not where Debian has them.');
}

function missingPackages(): string[] {
  return PACKAGES.filter(({ programs }) => programs.some((program) => !existsSync(program))).map(({ name }) => name);
}

/** invoke-rc.d(8) asks policy-rc.d before it starts a service; 101 = not allowed. */
async function withoutStartingServices(action: () => Promise<void>): Promise<void> {
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await action();
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}

async function install(packages: readonly string[]): Promise<void> {
  const options = { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const argv = [APT, '-q', '-y', '--no-install-recommends', 'install', ...packages];
  if ((await run(argv, options)).code === 0) return;
  await run([APT, '-q', 'update'], options);
  const output = await run(argv, options);
  if (output.code !== 0) throw missingPackage(packages, `apt-get said: ${output.stderr.trim().slice(-600)}`);
}

function unsupported(why: string): OperatorError {
  return new OperatorError('lab/unsupported', { message: `The lab cannot run here: ${why}.`, hint: WITHOUT_LAB });
}

function missingPackage(packages: readonly string[], why: string): OperatorError {
  return new OperatorError('lab/missing-package', {
    message: `The lab needs these Debian packages: ${packages.join(' ')}. ${why}`,
    hint: `Install them by hand (apt-get install ${packages.join(' ')}). ${WITHOUT_LAB}`,
    details: { packages },
  });
}
