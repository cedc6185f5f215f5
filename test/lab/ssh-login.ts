import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabEntry } from '../../src/lab/lab.ts';
import { type CommandOutput, run } from '../../src/lab/run.ts';

/** Logs in with the system's own ssh client, trusting the given host key alone, and runs one command line. */
export async function ssh(host: LabEntry, commandLine: string, hostKey = host.hostKey): Promise<CommandOutput> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-ssh-'));
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, `${host.address} ${hostKey}\n`);
  const options = [
    ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'GlobalKnownHostsFile=/dev/null', 'ConnectTimeout=3'],
    ...[`UserKnownHostsFile=${knownHosts}`, 'IdentitiesOnly=yes'],
  ].flatMap((option) => ['-o', option]);
  const target = ['-p', String(host.port), '-i', host.identityFile, `${host.user}@${host.address}`];
  try {
    return await run(['ssh', '-F', '/dev/null', ...options, ...target, commandLine]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
