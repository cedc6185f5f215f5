/*
 * POSIX sh, reviewed constants; every value arrives as an argument. Root is used through `sudo -n` for exactly three
 * things, each with a fixed argument list that sudoers(5) can name: tee, mv and rm on the target.
 */

/** Finds the receipt directory `$dir` of the attempt `$1`; an attempt that exists in either place is that one. */
export const LOCATE = `
set -u
umask 077
attempt=$1
dir=
for base in /var/lib/countersign "\${HOME:-/nonexistent}/.local/state/countersign"; do
  if [ -d "$base/attempts/$attempt" ]; then dir=$base/attempts/$attempt; break; fi
done
if [ -z "$dir" ]; then
  for base in /var/lib/countersign "\${HOME:-/nonexistent}/.local/state/countersign"; do
    if mkdir -p "$base/attempts" 2>/dev/null && [ -w "$base/attempts" ]; then dir=$base/attempts/$attempt; break; fi
  done
fi
[ -n "$dir" ] || { echo "no directory for receipts: neither /var/lib/countersign nor the home directory can be written" >&2; exit 69; }
`;

/** Starts the work `$2` with the remaining arguments if this call makes the receipt directory. */
export const GATE = `
body=$2
shift 2
if mkdir "$dir" 2>/dev/null; then
  if command -v setsid >/dev/null 2>&1; then
    setsid sh -c "$body" sh "$dir" "$@" </dev/null >"$dir/output" 2>&1 &
  else
    nohup sh -c "$body" sh "$dir" "$@" </dev/null >"$dir/output" 2>&1 &
  fi
elif [ ! -d "$dir" ]; then
  echo "the receipt directory cannot be made: is the disk full or read-only?" >&2
  exit 69
fi
`;

/** Waits up to 60 s for the receipt to be complete and prints its state and the end of its output. */
export const FOLLOW = `
alive() {
  [ -s "$dir/owner" ] || return 1
  read -r boot pid start <"$dir/owner" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
  [ "$now" = "$start" ]
}
state=INTERRUPTED
tries=0
missing=0
while [ $tries -lt 300 ]; do
  if [ -f "$dir/rc" ]; then state="DONE $(cat "$dir/rc")"; break; fi
  if alive; then state=RUNNING; missing=0; else
    state=INTERRUPTED
    missing=$((missing + 1))
    [ $missing -gt 15 ] && [ ! -f "$dir/rc" ] && break
  fi
  tries=$((tries + 1))
  sleep 0.2 2>/dev/null || sleep 1
done
echo "receipt $state"
tail -c 4000 "$dir/output" 2>/dev/null
exit 0
`;

/** What both kinds of work begin with: who runs it, and how to end. */
const WORK = `
set -u
umask 077
dir=$1
shift
start=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)
printf '%s %s %s\\n' "$(cat /proc/sys/kernel/random/boot_id)" $$ "$start" >"$dir/owner.new" && mv "$dir/owner.new" "$dir/owner" || exit 1
finish() { printf '%s\\n' "$1" >"$dir/rc.new" && mv "$dir/rc.new" "$dir/rc"; exit 0; }
put_sysctl() { printf '%s\\n' "$2" | sudo -n tee "$1" >/dev/null; }
put_file() { new=\${1%/*}/.\${1##*/}.new; (umask 022; sudo -n tee "$new" >/dev/null) && sudo -n mv -f -T "$new" "$1"; }
drop_new() { case $1 in /proc/*) return 0 ;; esac; new=\${1%/*}/.\${1##*/}.new; [ ! -e "$new" ] || sudo -n rm -f "$new"; }
holds() { printf '%s' "$2" | cmp -s - "$1"; }
value_of() { tr '\\t' ' ' <"$1"; }
is_as() {
  case $1 in
    sysctl) [ "$(value_of "$2")" = "$3" ] ;;
    file) [ -f "$2" ] && holds "$2" "$3" ;;
    new-file) [ ! -e "$2" ] ;;
  esac
}
is_after() {
  case $1 in
    sysctl) [ "$(value_of "$2")" = "$3" ] ;;
    *) [ -f "$2" ] && holds "$2" "$3" ;;
  esac
}
restore() {
  if [ -f "$dir_pre/$3.absent" ]; then sudo -n rm -f "$2"; return; fi
  case $1 in
    sysctl) put_sysctl "$2" "$(cat "$dir_pre/$3")" ;;
    *) put_file "$2" <"$dir_pre/$3" ;;
  esac
}
`;

/** Checks every target, captures every pre-image, then acts; on failure it restores what it had done. */
export const APPLY_BODY = `${WORK}
dir_pre=$dir/pre
mkdir -p "$dir_pre" || exit 1
check() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    is_as "$1" "$2" "$3" || { echo "$2 is not as it was when the change was approved"; finish 71; }
    case $1 in
      new-file) : >"$dir_pre/$n.absent" ;;
      sysctl) value_of "$2" >"$dir_pre/$n" ;;
      file) cat "$2" >"$dir_pre/$n" ;;
    esac || { echo "the pre-image of $2 could not be kept"; finish 70; }
    shift 4
  done
}
take_back() {
  upto=$1
  shift
  n=0
  while [ $# -ge 4 ] && [ $n -lt "$upto" ]; do
    n=$((n + 1))
    drop_new "$2"
    restore "$1" "$2" "$n" || echo "$2 could not be restored"
    shift 4
  done
}
check "$@"
done_actions=0
act() {
  while [ $# -ge 4 ]; do
    done_actions=$((done_actions + 1))
    case $1 in
      sysctl) put_sysctl "$2" "$4" ;;
      *) printf '%s' "$4" | put_file "$2" ;;
    esac || { echo "$2 could not be written"; return 1; }
    is_after "$1" "$2" "$4" || { echo "$2 does not hold what was written"; return 1; }
    echo "$2 written"
    shift 4
  done
}
act "$@" && finish 0
take_back $done_actions "$@"
echo "everything was restored"
finish 70
`;

/** Checks that every target is as the attempt left it, then restores the pre-images it captured. */
export const UNDO_BODY = `${WORK}
dir_pre=\${dir%.undo}/pre
[ -d "$dir_pre" ] || { echo "the attempt left no pre-image: nothing was changed by it"; finish 70; }
check() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    if [ ! -f "$dir_pre/$n" ] && [ ! -f "$dir_pre/$n.absent" ]; then echo "no pre-image of $2"; finish 70; fi
    is_after "$1" "$2" "$4" || is_as "$1" "$2" "$3" || { echo "$2 was changed by somebody since; it was left alone"; finish 71; }
    shift 4
  done
}
put_back() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    drop_new "$2"
    restore "$1" "$2" "$n" || { echo "$2 could not be restored"; finish 70; }
    echo "$2 restored"
    shift 4
  done
}
check "$@"
put_back "$@"
finish 0
`;
