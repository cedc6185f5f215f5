import { WORK } from './work.ts';

/**
 * Looking: every target must be as approved, and its pre-image is captured. A file that replacing would harm is refused.
 * A refusal drops the captures first, so that a disk that they filled has room for its words.
 * An edit is composed here, from the captured pre-image; `after` is the growth in bytes, then one line for each splice:
 * `POSITION:REMOVED:TEXT.`, the text as printf's %b reads it.
 */
const CHECK = `
unchanged() { rm -rf "$from/pre" "$from/post"; echo "$1; nothing was changed"; finish "$2"; }
sound() {
  [ ! -L "$1" ] || unchanged "$1 is a symbolic link, and replacing it would lose the link" 70
  [ -e "$1" ] || unchanged "$1 is not there, or this login user may not see it" 71
  [ -f "$1" ] || unchanged "$1 is not a regular file" 70
  [ "$(readlink -f "$1")" = "$1" ] || unchanged "$1 is reached through a symbolic link" 70
  links=$(ls -ldn "$1" | awk '{print $2}')
  [ "$links" = 1 ] || unchanged "$1 has $links names (hard links), and replacing it would part them" 70
}
size_of() { wc -c <"$1" | tr -d ' '; }
part() { [ "$3" -le 0 ] || tail -c "+$(($2 + 1))" "$1" | head -c "$3"; }
composed() {
  at=0
  while IFS=: read -r place removed text; do
    part "$1" $at $((place - at))
    printf '%b' "\${text%.}"
    at=$((place + removed))
  done
  tail -c "+$((at + 1))" "$1"
}
compose() {
  printf '%s\\n' "$2" | { IFS= read -r growth; composed "$1" >"$3"; [ "$(size_of "$3")" = $(($(size_of "$1") + growth)) ]; }
}
keep_file() {
  sound "$2"
  bytes_of "$2" >"$from/pre/$4" || unchanged "$2 could not be read, or its pre-image could not be kept" 70
  is_as "$1" "$from/pre/$4" "$3" || unchanged "$2 is not as it was when the change was approved" 71
}
prepare() {
  case $1 in
    edit) compose "$from/pre/$4" "$3" "$from/post/$4" ;;
    *) printf '%s' "$3" >"$from/post/$4" && is_as file "$from/post/$4" "$3" ;;
  esac || unchanged "the new $2 could not be put together; is the disk full?" 70
}
check() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    case $1 in
      file | edit) keep_file "$1" "$2" "$3" $n ;;
      *) is_as "$1" "$2" "$3" || unchanged "$2 is not as it was when the change was approved" 71 ;;
    esac
    case $1 in
      new-file) : >"$from/pre/$n.absent" ;;
      sysctl) value_of "$2" >"$from/pre/$n" ;;
      nginx) [ -n "$(masters_of "$3" "$4")" ] || unchanged "no nginx runs here with this configuration" 71 ;;
    esac || unchanged "the pre-image of $2 could not be kept" 70
    case $1 in *file | edit) prepare "$1" "$2" "$4" $n ;; esac
    shift 4
  done
}
`;

/**
 * Acting: first all files are written beside their targets, then everything takes its place in order. What went wrong
 * before anything took its place has changed nothing.
 */
const ACT = `
stage_all() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    case $1 in
      sysctl | nginx) ;;
      *) drop_new "$1" "$2" && stage "$2" <"$from/post/$n" || { echo "the new $2 could not be written"; return 1; } ;;
    esac
    shift 4
  done
}
drop_all() { while [ $# -ge 4 ]; do drop_new "$1" "$2"; shift 4; done; }
take_place() {
  case $1 in
    sysctl) put_sysctl "$2" "$4" ;;
    nginx) load "$2" "$3" "$4" && echo "nginx reloaded"; return ;;
    *) swap "$2" ;;
  esac || { echo "$2 could not be written"; return 1; }
  is_after "$1" "$2" "$4" "$5" || { echo "$2 does not hold what was written"; return 1; }
  echo "$2 written"
}
done_actions=0
failure=70
act() {
  n=0
  while [ $# -ge 4 ]; do
    n=$((n + 1))
    is_as "$1" "$2" "$3" || { echo "$2 was changed by somebody in the meantime"; failure=71; return 1; }
    done_actions=$n
    take_place "$1" "$2" "$3" "$4" $n || return 1
    shift 4
  done
}
take_back() {
  upto=$1
  shift
  whole=0
  drop_all "$@"
  n=$upto
  while [ "$n" -gt 0 ]; do
    nth "$n" "$@"
    [ "$kind" = nginx ] || back "$kind" "$path" "$before" "$after" "$n" || { echo "$path could not be restored"; whole=1; }
    n=$((n - 1))
  done
  while [ $# -ge 4 ] && [ $n -lt "$upto" ]; do
    n=$((n + 1))
    [ "$1" != nginx ] || [ -z "$told_nginx" ] || { load_restored "$1" "$2" "$3" "$4" && [ -n "$(masters_of "$3" "$4")" ]; } || whole=1
    shift 4
  done
  return $whole
}
`;

/**
 * Guarding: until the change is confirmed or undone, or the time is over by the clock that nobody sets (proc_uptime(5)).
 * Then everything is taken back, unless somebody else changed a target. It heals even when it cannot write down that it
 * does, which nobody else can then, either.
 */
const GUARD = `
guard() {
  uptime_s
  until_s=$((up + $1))
  within=$1
  shift
  while [ ! -e "$dir/settled" ] && [ "$up" -lt $until_s ]; do nap 0.5; uptime_s; done
  answer "$dir" settled reverted || [ ! -e "$dir/settled" ] || return 0
  echo "not confirmed within $within s; taking it back"
  take_all_back "$@"
  case $? in
    0) echo "everything was restored"; answer "$dir" guard reverted ;;
    71) answer "$dir" guard drifted ;;
    *) answer "$dir" guard unrestored ;;
  esac
}
`;

/** Removes at most 50 receipts that said their last word more than 90 days ago and left nothing to be looked at. */
const COLLECT = `
over() {
  case $(cat "$1/rc" 2>/dev/null) in
    0) ;;
    70 | 71 | 73) return 0 ;;
    *) return 1 ;;
  esac
  case $1:$(settled_by "$1") in
    *.undo* | *:confirmed | *:undone) return 0 ;;
    *:reverted) [ "$(cat "$1/guard" 2>/dev/null)" = reverted ] ;;
    *) return 1 ;;
  esac
}
collect() {
  all=\${dir%/*}
  rm -rf "$all"/.gone.*
  find "$all/." ! -name . -prune -type d ! -name '.*' ! -name '*.undo*' -mtime +90 | head -n 50 | while read -r old; do
    for one in "$old" "$old".undo*; do [ ! -d "$one" ] || over "$one" || continue 2; done
    for one in "$old".undo* "$old"; do
      [ ! -d "$one" ] || { mv "$one" "$all/.gone.\${one##*/}" && rm -rf "$all/.gone.\${one##*/}"; }
    done
  done 2>/dev/null
}
`;

/**
 * Applies: checks every target, captures every pre-image, marks the receipt `ready`, then acts; on failure it restores
 * what it had done. It never begins once its undo has spoken: on a busy host that can be before its own first step. The
 * last argument is the time within which the change must be confirmed, in seconds; 0 = it stays.
 */
export const APPLY_BODY = `${WORK}${CHECK}${ACT}${GUARD}${COLLECT}
from=$dir
for within; do :; done
hold 0
[ ! -e "$dir/settled" ] || unchanged "it was undone before it began" 70
mkdir "$from/pre" "$from/post" || unchanged "the receipt could not be written" 70
check "$@"
sync "$from"/pre/* "$from"/post/* 2>/dev/null
: >"$dir/ready" || unchanged "the receipt could not be written" 70
stage_all "$@" || { drop_all "$@"; echo "nothing was changed"; finish 70; }
if ! act "$@"; then
  take_back $done_actions "$@" || finish 72
  if [ $done_actions = 0 ]; then echo "nothing was changed"; else echo "everything was restored"; fi
  finish $failure
fi
[ "$within" -gt 0 ] || answer "$dir" settled confirmed
answer "$dir" rc 0
collect
[ "$within" -gt 0 ] && guard "$within" "$@"
[ -z "$held" ] || rm -f "$held"
exit 0
`;
