/**
 * The product's least privilege on a host, as sudoers(5) commands with their exact arguments: what the probes read and
 * what the reversible remedies write. Everything else is refused.
 */
export const SUDO_RULES: readonly string[] = [
  '/usr/sbin/nginx -T',
  '/usr/bin/ss -Htlnp',
  '/usr/bin/readlink /proc/*/exe',
  '/usr/bin/readlink /proc/*/ns/net',
  '/usr/bin/tail -n 2000 /var/log/nginx/error.log',
  '/usr/bin/tee /proc/sys/net/ipv4/ip_local_reserved_ports',
  '/usr/bin/tee /etc/sysctl.d/.60-countersign-net.conf.new',
  '/usr/bin/mv -f -T /etc/sysctl.d/.60-countersign-net.conf.new /etc/sysctl.d/60-countersign-net.conf',
  '/usr/bin/rm -f /etc/sysctl.d/60-countersign-net.conf',
  '/usr/bin/rm -f /etc/sysctl.d/.60-countersign-net.conf.new',
];

/** The file for /etc/sudoers.d that gives a login user those rights without a password. */
export function renderSudoers(user: string): string {
  return [
    `Defaults:${user} !requiretty, !lecture`,
    ...SUDO_RULES.map((rule) => `${user} ALL=(root) NOPASSWD: ${rule}`),
    '',
  ].join('\n');
}
