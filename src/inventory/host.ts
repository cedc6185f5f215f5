import type { HostName } from '../base/ids.ts';

/** How root is reached on a host: not at all, or by `sudo -n` with the rights that the documentation lists. */
type SudoMode = 'none' | 'passwordless';

/** A named machine in the inventory and how to reach it. */
export interface Host {
  readonly name: HostName;
  /** Host name or IP address that SSH connects to. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  /** What it serves: `production`, `staging`; the policy may ask. Absent = not said. */
  readonly environment?: string | undefined;
  /** Pinned host key: `ssh-ed25519 AAAA…` (as in a .pub file) or `SHA256:…` (as ssh-keygen -l prints it). */
  readonly hostKey: string | undefined;
  /** A known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), used when no key is pinned. */
  readonly knownHosts: string | undefined;
  /** Private key file; undefined = use the agent. */
  readonly identityFile: string | undefined;
  /** Path of the SSH agent's socket, when one is to be asked. */
  readonly agentSocket: string | undefined;
  readonly sudo: SudoMode;
  readonly connectTimeoutMs: number;
}
