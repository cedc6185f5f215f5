/*
 * POSIX sh, reviewed constants; every value arrives as an argument. Root is used through `sudo -n` for exactly three
 * things, each with a fixed argument list that sudoers(5) can name: tee, mv and rm on the target.
 */

const PLACES = `/var/lib/countersign "\${HOME:-/nonexistent}/.local/state/countersign"`;

/**
 * Looks for the receipt directory `$dir` of the attempt `$1`; changes nothing. An undo lives beside the attempt that it
 * takes back, wherever receipts would be put today.
 */
export const FIND = `
set -u
umask 077
attempt=$1
dir=
for base in ${PLACES}; do
  if [ -d "$base/attempts/$attempt" ] || [ -d "$base/attempts/\${attempt%.undo*}" ]; then dir=$base/attempts/$attempt; break; fi
done
`;

/** Chooses where the receipt directory goes when there is none yet; exit status 69 = nowhere, and nothing was started. */
export const PLACE = `
if [ -z "$dir" ]; then
  for base in ${PLACES}; do
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

/** `alive DIR`: whether the process that owns the receipt runs; the start time tells a reused process id, proc(5). */
const ALIVE = `
alive() {
  [ -s "$1/owner" ] || return 1
  read -r boot pid start <"$1/owner" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
  [ -n "$now" ] && [ "$now" = "$start" ]
}
`;

/**
 * Waits up to 60 s for the receipt to be complete and prints its state and the end of its output. Work that has not named
 * its owner yet gets 10 s to begin; an owner that is gone gets one more look, for it may have ended between two of them.
 */
export const FOLLOW = `${ALIVE}
state=INTERRUPTED
tries=0
missing=0
while [ $tries -lt 300 ]; do
  if [ -f "$dir/rc" ]; then state="DONE $(cat "$dir/rc")"; break; fi
  if alive "$dir"; then state=RUNNING; missing=0; else
    state=INTERRUPTED
    missing=$((missing + 1))
    if [ -s "$dir/owner" ]; then grace=2; else grace=50; fi
    [ $missing -gt $grace ] && [ ! -f "$dir/rc" ] && break
  fi
  tries=$((tries + 1))
  sleep 0.2 2>/dev/null || sleep 1
done
echo "receipt $state"
tail -c 4000 "$dir/output" 2>/dev/null
exit 0
`;

/** What both kinds of work begin with: who runs it, and how to look, write, restore and end. */
const WORK = `${ALIVE}
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
    new-file) [ ! -e "$2" ] && [ ! -L "$2" ] ;;
  esac
}
is_after() {
  case $1 in
    sysctl) [ "$(value_of "$2")" = "$3" ] ;;
    *) [ -f "$2" ] && holds "$2" "$3" ;;
  esac
}
is_plain() {
  [ ! -L "$1" ] || return 1
  set -- $(LC_ALL=C ls -ldn "$1")
  case $1 in -rw-r--r--|-rw-r--r--.) [ "$3 $4" = "0 0" ] ;; *) return 1 ;; esac
}
restore() {
  if [ -f "$dir_pre/$3.absent" ]; then sudo -n rm -f "$2"; return; fi
  case $1 in
    sysctl) put_sysctl "$2" "$(cat "$dir_pre/$3")" ;;
    *) put_file "$2" <"$dir_pre/$3" ;;
  esac
}
back() {
  drop_new "$2"
  is_as "$1" "$2" "$3" && return 0
  restore "$1" "$2" "$4" && is_as "$1" "$2" "$3"
}
`;

/**
 * Checks every target, captures every pre-image, marks the receipt `ready`, then acts; on failure it restores what it had
 * done. A file is only replaced when that loses neither a link nor an owner nor permissions.
 */
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
      file)
        is_plain "$2" || { echo "$2 is a link, or not root's with mode 0644, which replacing it would lose; nothing was changed"; finish 70; }
        cat "$2" >"$dir_pre/$n" ;;
    esac || { echo "the pre-image of $2 could not be kept; nothing was changed"; finish 70; }
    shift 4
  done
}
take_back() {
  upto=$1
  shift
  n=0
  whole=0
  while [ $# -ge 4 ] && [ $n -lt "$upto" ]; do
    n=$((n + 1))
    back "$1" "$2" "$3" "$n" || { echo "$2 could not be restored"; whole=1; }
    shift 4
  done
  return $whole
}
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
check "$@"
: >"$dir/ready" || { echo "the receipt could not be written; nothing was changed"; finish 70; }
act "$@" && finish 0
take_back $done_actions "$@" && { echo "everything was restored"; finish 70; }
finish 72
`;

/**
 * Makes sure that the attempt is over, checks that every target is as the attempt left or found it, then restores the
 * pre-images. An attempt that never began is closed for good, so that it cannot begin after its undo.
 */
export const UNDO_BODY = `${WORK}
of=\${dir%.undo*}
dir_pre=$of/pre
if mkdir "$of" 2>/dev/null; then
  printf '70\\n' >"$of/rc"
  echo "the attempt had never begun and cannot begin any more; there was nothing to restore"
  finish 0
fi
for other in "$of" "$of".undo*; do
  [ "$other" != "$dir" ] && [ ! -f "$other/rc" ] && alive "$other" && { echo "\${other##*/} is still at work on this host; ask again when it has ended"; finish 70; }
done
[ -f "$of/ready" ] || { echo "the attempt ended before it changed anything; there was nothing to restore"; finish 0; }
kept() {
  case $1 in
    new-file) [ -f "$dir_pre/$3.absent" ] ;;
    sysctl) [ -f "$dir_pre/$3" ] && [ "$(cat "$dir_pre/$3")" = "$2" ] ;;
    *) [ -f "$dir_pre/$3" ] && holds "$dir_pre/$3" "$2" ;;
  esac
}
check() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    kept "$1" "$3" "$n" || { echo "the pre-image of $2 is missing or damaged; nothing was changed"; finish 70; }
    is_after "$1" "$2" "$4" || is_as "$1" "$2" "$3" || { echo "$2 was changed by somebody since; it was left alone"; finish 71; }
    shift 4
  done
}
put_back() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    back "$1" "$2" "$3" "$n" || { echo "$2 could not be restored"; finish 72; }
    echo "$2 restored"
    shift 4
  done
}
check "$@"
put_back "$@"
finish 0
`;
