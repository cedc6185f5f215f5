/*
 * POSIX sh that runs as root inside a lab host's namespaces; every value arrives as an argument.
 */

/** Folders of a host that are its own: mounts in the host's mount namespace hide the machine's. */
const PRIVATE_PATHS = ['/var/log', '/var/lib', '/home'] as const;

/** Keys of net.ipv4 that faults set; what they are at the start is kept in /run/lab/sysctl. */
export const FAULTY_SYSCTLS = ['ip_local_port_range', 'tcp_tw_reuse', 'tcp_max_tw_buckets'] as const;

/** Folders of /etc that a host has from the lab alone, with nothing of the machine's in them. */
const OWN_CONFIG = 'nginx ssh sudoers.d sysctl.d sysctl.conf';

/**
 * Process 1 of a host: `$1` = its directory, `$2` = its name, `$3` = the node binary, `$4` = service ports, blank
 * separated and empty for a plain host. Prints `ready` when everything serves, then reaps.
 *
 * The directory and the node binary may lie below /tmp, /run or a private path, which get covered: so /run is filled
 * while both are still reachable and then moved into place (mount(2), MS_MOVE), and what covers the directory itself is
 * mounted after that. A path that this machine lacks cannot be mounted over and needs no hiding.
 *
 * /etc is a copy as a whole: files mounted over single files of /etc would come off when the machine replaces those
 * files by rename, as useradd(8) and package upgrades do (rename(2) detaches mounts of other namespaces).
 */
export const HOST_INIT = `
set -eu
umask 022
dir=$1 name=$2 node=$3 ports=$4
cd /
limit=$(ulimit -H -n)
case $limit in unlimited|??????*) limit=65536 ;; esac
ulimit -n "$limit"
printf '%s' "$name" >/proc/sys/kernel/hostname
mount -n -t tmpfs -o mode=755,nosuid,nodev tmpfs "$dir/run"
mkdir -p "$dir/run/sshd" "$dir/run/lab/sysctl"
mkdir -m 1777 "$dir/run/lock"
for key in ${FAULTY_SYSCTLS.join(' ')}; do cat "/proc/sys/net/ipv4/$key" >"$dir/run/lab/sysctl/$key"; done
cp "$dir"/lab/* "$dir/run/lab/"
: >"$dir/run/lab/node"
mount -n --bind "$node" "$dir/run/lab/node"
: >"$dir/run/lab/ss"
mount -n --bind /usr/bin/ss "$dir/run/lab/ss"
bind() { [ ! -e "$2" ] || mount -n --bind "$1" "$2"; }
late=
for path in ${PRIVATE_PATHS.join(' ')}; do
  case $dir in "$path"/*) late="$late $path" ;; *) bind "$dir/root$path" "$path" ;; esac
done
mkdir -p "$dir/etc"
mount -n -t tmpfs -o mode=755,nosuid,nodev tmpfs "$dir/etc"
cp -a /etc/. "$dir/etc/"
for own in ${OWN_CONFIG}; do rm -rf "\${dir:?}/etc/$own"; done
cp -a "$dir/root/etc/." "$dir/etc/"
mount -n --move "$dir/etc" /etc
mount -n --move "$dir/run" /run
for path in $late; do bind "$dir/root$path" "$path"; done
mount -n -t tmpfs -o mode=1777,nosuid,nodev tmpfs /tmp
/usr/sbin/sshd -E /var/log/sshd.log
for port in $ports; do sh /run/lab/service.sh start "$port"; done
[ -z "$ports" ] || /usr/sbin/nginx
echo ready
while :; do sleep 3600 & wait $!; done
`;

/**
 * Runs the service on a port: `sh service.sh start|stop PORT`, or `configure PORT [ARGUMENT…]`, which gives it these
 * arguments from now on. A start that fails says why and exits 98.
 */
export const SERVICE_SCRIPT = `
set -u
action=$1 port=$2
shift 2
state=/run/lab/service-$port
start() {
  pid=$(cat "$state.pid" 2>/dev/null)
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && return
  rm -f "$state.pid" "$state.exit"
  setsid sh -c '/run/lab/node --max-old-space-size=48 --max-semi-space-size=1 /run/lab/service.mjs "$1" "$2.pid" $(cat "$2.args" 2>/dev/null); echo $? >"$2.exit"' sh "$port" "$state" </dev/null >"$state.log" 2>&1 &
  until [ -s "$state.pid" ]; do
    if [ -s "$state.exit" ]; then cat "$state.log" >&2; exit "$(cat "$state.exit")"; fi
    sleep 0.05
  done
}
stop() {
  pid=$(cat "$state.pid" 2>/dev/null)
  [ -n "$pid" ] || return
  kill "$pid" 2>/dev/null
  while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
  rm -f "$state.pid"
}
case $action in
  start) start ;;
  stop) stop ;;
  configure)
    [ "$*" != "$(cat "$state.args" 2>/dev/null)" ] || exit 0
    printf '%s\\n' "$*" >"$state.args"
    stop
    start
    ;;
esac
`;
