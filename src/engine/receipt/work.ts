import { NGINX } from './nginx.ts';
import { ALIVE, ANSWER } from './report.ts';

/*
 * POSIX sh, reviewed constants: the functions that both kinds of work are made of. A target is described by four words:
 * kind, path, before and after. Root is used through `sudo -n` with the few argument lists that receipt-rights.ts names.
 */

/** Says who runs the work, and how it ends. `nap` does not hand the host's lock (descriptor 9) to what may outlive us. */
const OWNER = `${ALIVE}${ANSWER}
set -u
umask 077
LC_ALL=C
export LC_ALL
dir=$1
shift
held=
finish() {
  answer "$dir" rc "$1" || [ -f "$dir/rc" ] || cp "$dir/answers/$1" "$dir/rc"
  [ -z "$held" ] || rm -f "$held"
  exit 0
}
nap() { sleep "$1" 9<&- 2>/dev/null || sleep 1 9<&-; }
uptime_s() { read -r up rest </proc/uptime; up=\${up%%.*}; }
start=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)
printf '%s %s %s\\n' "$(cat /proc/sys/kernel/random/boot_id)" $$ "$start" >"$dir/owner.new" && mv "$dir/owner.new" "$dir/owner" || {
  echo "the receipt could not be written: is the disk full? Nothing was changed"
  finish 70
}
`;

/**
 * `hold SECONDS`: takes the host's lock as descriptor 9, for every bot and every login user (flock(2)); busy = status 73.
 * The mode of /run/lock alone decides where it lies, so that all users agree. The file may be swept away by a cleaner
 * between opening and locking, hence the second look; reading it keeps it young for cleaners that go by age. Beside it the
 * holder leaves its name, best effort; anybody may put other things there, so a plain file alone is read. One who took the
 * lock a moment ago has not written it yet, so it is looked for again for a second.
 */
const LOCK = `
lock=/tmp/countersign.lock
[ -d /run/lock ] && [ -k /run/lock ] && lock=/run/lock/countersign.lock
holder() {
  for look in 1 2 3 4 5; do
    name=$(ls -t "$lock".* 2>/dev/null | head -n 1)
    if [ -f "$name" ] && [ ! -L "$name" ]; then name=$(head -c 200 "$name" 2>/dev/null | tr -cd 'A-Za-z0-9._-'); else name=; fi
    [ -z "$name" ] || break
    nap 0.2
  done
  echo "\${name:-of another bot or login user}"
}
take_lock() {
  [ -e "$lock" ] || [ -L "$lock" ] || (umask 022; set -C; : >"$lock") 2>/dev/null
  [ -f "$lock" ] && [ ! -L "$lock" ] && [ -r "$lock" ] || {
    echo "$lock, the lock of this host, cannot be used; nothing was changed"
    finish 70
  }
  exec 9<"$lock"
  read -r rest <&9
  flock -n 9 || return 1
  [ "$lock" -ef /proc/$$/fd/9 ]
}
hold() {
  for tool in flock sha256sum cmp; do
    command -v "$tool" >/dev/null 2>&1 || { echo "$tool(1) is missing on this host, and no change is safe without it; nothing was changed"; finish 70; }
  done
  uptime_s
  until_s=$((up + $1))
  until take_lock; do
    uptime_s
    [ "$up" -lt "$until_s" ] || { echo "another change is at work on this host ($(holder)); nothing was changed"; finish 73; }
    nap 0.2
  done
  rm -f "$lock".* 2>/dev/null
  held=$(mktemp "$lock.XXXXXX" 2>/dev/null) && printf '%s\\n' "\${dir##*/}" >"$held" && chmod 644 "$held" || :
}
`;

/**
 * How to look at a target and how to write it. A file is staged beside its target (a copy with owner, mode, ACL and
 * security context, then filled; -L, so that it is never a link) and renamed over it, so the target is never half written. Pre-images (`pre/<n>`) and
 * what the targets become (`post/<n>`) lie in `$from`, the receipt of the attempt.
 */
const TARGETS = `
put_sysctl() { printf '%s\\n' "$2" | sudo -n tee "$1" >/dev/null; }
new_of() { new=\${1%/*}/.\${1##*/}.new; }
stage() {
  new_of "$1"
  if [ -e "$1" ]; then
    sudo -n cp -aL "$1" "$new" </dev/null && sudo -n tee "$new" >/dev/null
  else
    (umask 022; sudo -n tee "$new" >/dev/null)
  fi && { sync "$new" 2>/dev/null || :; }
}
swap() { new_of "$1"; sudo -n mv -f -T "$new" "$1"; }
drop_new() {
  case $1 in sysctl | nginx) return 0 ;; esac
  new_of "$2"
  if [ -e "$new" ] || [ -L "$new" ]; then sudo -n rm -f "$new" || { echo "$new could not be removed"; return 1; }; fi
}
bytes_of() { if [ -r "$1" ]; then cat "$1"; else sudo -n cat "$1"; fi; }
value_of() { tr '\\t' ' ' <"$1"; }
sum_of() { sha256sum | cut -d' ' -f1; }
is_as() {
  case $1 in
    sysctl) [ "$(value_of "$2")" = "$3" ] ;;
    file) [ -f "$2" ] && [ ! -L "$2" ] && [ "$(bytes_of "$2" | sum_of)" = "$(printf '%s' "$3" | sum_of)" ] ;;
    edit) [ -f "$2" ] && [ ! -L "$2" ] && [ "$(bytes_of "$2" | sum_of)" = "$3" ] ;;
    new-file) [ ! -e "$2" ] && [ ! -L "$2" ] ;;
    nginx) : ;;
  esac
}
is_after() {
  case $1 in
    sysctl) [ "$(value_of "$2")" = "$3" ] ;;
    edit) [ -f "$2" ] && [ ! -L "$2" ] && [ -f "$from/post/$4" ] && bytes_of "$2" | cmp -s - "$from/post/$4" ;;
    nginx) : ;;
    *) is_as file "$2" "$3" ;;
  esac
}
`;

/**
 * How to take things back. `back KIND PATH BEFORE AFTER N` restores one target, unless it holds what neither the attempt
 * nor its pre-image explains: then somebody else wrote it, and it is left alone. `take_all_back` does it for all targets,
 * or for none when one was changed by somebody else: 0 restored, 70 a pre-image is damaged, 71 drifted, 72 unrestored.
 */
const TAKING_BACK = `
restored=
restore() {
  if [ -f "$from/pre/$3.absent" ]; then sudo -n rm -f "$2"; return; fi
  case $1 in
    sysctl) put_sysctl "$2" "$(cat "$from/pre/$3")" ;;
    *) { stage "$2" <"$from/pre/$3" && swap "$2"; } || { drop_new "$1" "$2"; return 1; } ;;
  esac
}
back() {
  drop_new "$1" "$2"
  is_as "$1" "$2" "$3" && return 0
  if [ "$1" != sysctl ] && ! is_after "$1" "$2" "$4" "$5"; then echo "$2 was changed by somebody since; it was left alone"; return 1; fi
  restored=1
  restore "$1" "$2" "$5" && is_as "$1" "$2" "$3"
}
kept() {
  case $1 in
    new-file) [ -f "$from/pre/$3.absent" ] ;;
    sysctl) [ -f "$from/pre/$3" ] && [ "$(cat "$from/pre/$3")" = "$2" ] ;;
    nginx) : ;;
    *) is_as "$1" "$from/pre/$3" "$2" ;;
  esac
}
all_backable() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    kept "$1" "$3" "$n" || { echo "the pre-image of $2 is missing or damaged; nothing was changed"; return 70; }
    is_after "$1" "$2" "$4" "$n" || is_as "$1" "$2" "$3" || { echo "$2 was changed by somebody since; it was left alone"; return 71; }
    shift 4
  done
}
nth() {
  last=$(($1 * 4))
  shift
  eval "kind=\\\${$((last - 3))} path=\\\${$((last - 2))} before=\\\${$((last - 1))} after=\\\${$last}"
}
put_back() {
  n=$(($# / 4))
  while [ $n -gt 0 ]; do
    nth $n "$@"
    if [ "$kind" != nginx ]; then
      back "$kind" "$path" "$before" "$after" $n || { echo "$path could not be restored"; return 1; }
      echo "$path restored"
    fi
    n=$((n - 1))
  done
}
take_all_back() {
  all_backable "$@" || return
  put_back "$@" || return 72
  [ -n "$restored" ] || [ -e "$from/loaded" ] || return 0
  load_restored "$@" || return 72
}
`;

/** What both kinds of work begin with. */
export const WORK = `${OWNER}${LOCK}${TARGETS}${NGINX}${TAKING_BACK}`;
