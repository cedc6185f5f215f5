/** One line of a sysctl.d(5) file that sets a key. */
export interface SysctlFileEntry {
  readonly file: string;
  readonly line: number;
  /** With dots: `net.ipv4.ip_local_reserved_ports`. */
  readonly key: string;
  readonly value: string;
}

/** A program that writes kernel settings on this host by itself. */
export interface SettingsRewriter {
  /** `tuned`, `cloud-init`, `Ansible`, …; "a program" when a header says that one wrote the file but not which. */
  readonly program: string;
  /** Where that was seen: a file's header, tuned's active profile, cloud-init's configuration. */
  readonly sign: string;
}

/** Which files set the TCP keys this product reads. */
export interface SysctlFilesFact {
  /** In the order in which they are applied at boot (sysctl.d(5)): the last entry of a key wins. Masked files are left out. */
  readonly entries: readonly SysctlFileEntry[];
  /** The full text of this product's own drop-in, /etc/sysctl.d/60-countersign-net.conf; null when there is none. */
  readonly ownDropIn: string | null;
  /** Files that this user may not read; what they set is unknown. */
  readonly unreadableFiles: readonly string[];
  /** Programs that may write settings again, each once. */
  readonly rewriters: readonly SettingsRewriter[];
}
