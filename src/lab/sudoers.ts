/** A name or folder below /etc/nginx that no other file can be reached through: no leading dot, no blank, no `..`. */
const NAME = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
/** Configuration alone: keys of certificates lie below /etc/nginx as well. */
const FILE = `/etc/nginx/((${NAME}/)*(${NAME}\\.conf|[a-z]+_params)|sites-(available|enabled)/${NAME})`;
/** The file that an edit is prepared in, beside its target. */
const NEW_FILE = `/etc/nginx/(${NAME}/)*\\.${NAME}\\.new`;

/**
 * The product's least privilege on a host, as sudoers(5) commands with their exact arguments: what the probes read and
 * what the reversible remedies write. Everything else is refused. Arguments from ^ to $ are a regular expression, sudo
 * 1.9.10 and later.
 */
export const SUDO_RULES: readonly string[] = [
  '/usr/sbin/nginx -T',
  '/usr/bin/ss -Htlnp',
  '/usr/bin/readlink /proc/*/exe',
  '/usr/bin/readlink /proc/*/ns/net',
  '/usr/bin/tail -n 2000 /var/log/nginx/error.log',
  '/usr/bin/tee /proc/sys/net/ipv4/ip_local_reserved_ports',
  '/usr/bin/tee /proc/sys/net/ipv4/ip_local_port_range',
  '/usr/bin/tee /proc/sys/net/ipv4/tcp_tw_reuse',
  '/usr/bin/tee /proc/sys/net/ipv4/tcp_tw_recycle',
  '/usr/bin/tee /proc/sys/net/ipv4/tcp_max_tw_buckets',
  '/usr/bin/tee /etc/sysctl.d/.60-countersign-net.conf.new',
  '/usr/bin/cp -aL /etc/sysctl.d/60-countersign-net.conf /etc/sysctl.d/.60-countersign-net.conf.new',
  '/usr/bin/mv -f -T /etc/sysctl.d/.60-countersign-net.conf.new /etc/sysctl.d/60-countersign-net.conf',
  '/usr/bin/rm -f /etc/sysctl.d/60-countersign-net.conf',
  '/usr/bin/rm -f /etc/sysctl.d/.60-countersign-net.conf.new',
  `/usr/bin/cat ^${FILE}$`,
  `/usr/bin/cp ^-aL ${FILE} ${NEW_FILE}$`,
  `/usr/bin/tee ^${NEW_FILE}$`,
  `/usr/bin/mv ^-f -T ${NEW_FILE} ${FILE}$`,
  `/usr/bin/rm ^-f ${NEW_FILE}$`,
  '/usr/sbin/nginx -t -q',
  '/usr/sbin/nginx -s reload',
];

/** The file for /etc/sudoers.d that gives a login user those rights without a password. */
export function renderSudoers(user: string): string {
  return [
    `Defaults:${user} !requiretty, !lecture`,
    ...SUDO_RULES.map((rule) => `${user} ALL=(root) NOPASSWD: ${rule}`),
    '',
  ].join('\n');
}
