/*
 * POSIX sh, reviewed constants: what a receipt says, and how it comes to say it.
 */

/** `alive DIR`: whether the process that owns the receipt runs; the start time tells a reused process id, proc(5). */
export const ALIVE = `
alive() {
  [ -s "$1/owner" ] || return 1
  read -r boot pid start <"$1/owner" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
  [ -n "$now" ] && [ "$now" = "$start" ]
}
`;

/**
 * `answer DIR NAME WORD`: lets the receipt say WORD under NAME, once: link(2) fails when NAME is there, so of several that
 * try, one wins, and the winner's word is complete at once. `settled_by DIR`: who won `settled`, or nothing.
 */
export const ANSWER = `
answer() {
  if [ ! -f "$1/answers/$3" ]; then
    mkdir -p "$1/answers" && printf '%s\\n' "$3" >"$1/answers/$3.$$" && mv "$1/answers/$3.$$" "$1/answers/$3" || return 1
  fi 2>/dev/null
  ln "$1/answers/$3" "$1/$2" 2>/dev/null
}
settled_by() { cat "$1/settled" 2>/dev/null; }
`;

/**
 * Waits up to 60 s for the receipt to be complete and prints its state and the end of its output. Work that has not named
 * its owner yet gets 10 s to begin; an owner that is gone gets one more look, for it may have ended between two of them.
 * A change that waits to be confirmed is done; one that its guard takes back is running until the guard says how it went.
 * With `$asked` = `confirm`, the answer is who settled it. An undo settles it before it begins, to send the guard away, so
 * its word counts once it is through: an undo that failed leaves the change where it is, which is INTERRUPTED.
 */
export const FOLLOW = `${ALIVE}
taken_back() {
  for one in "$dir".undo*; do [ "$(cat "$one/rc" 2>/dev/null)" != 0 ] || return 0; done
  return 1
}
told() {
  by=$(cat "$dir/settled" 2>/dev/null)
  case \${asked:-}:$by in
    *:reverted)
      case $(cat "$dir/guard" 2>/dev/null) in
        '') return 1 ;;
        reverted) state=REVERTED ;;
        drifted) state=REVERT_DRIFTED ;;
        *) state=REVERT_FAILED ;;
      esac
      return 0 ;;
    confirm:*)
      taken_back && { state=UNDONE; return 0; }
      [ "$by" != undone ] || return 1
      [ "$by" != confirmed ] || { state=CONFIRMED; return 0; } ;;
  esac
  [ -f "$dir/rc" ] && state="DONE $(cat "$dir/rc")"
}
state=INTERRUPTED
tries=0
missing=0
while [ $tries -lt 300 ]; do
  told && break
  if alive "$dir"; then state=RUNNING; missing=0; else
    state=INTERRUPTED
    missing=$((missing + 1))
    if [ -s "$dir/owner" ]; then grace=2; else grace=50; fi
    [ $missing -gt $grace ] && ! told && break
  fi
  tries=$((tries + 1))
  sleep 0.2 2>/dev/null || sleep 1
done
echo "receipt $state"
tail -c 4000 "$dir/output" 2>/dev/null
exit 0
`;

/** Keeps a change for good, if it was made and nobody has settled it yet. Exit status 69 = it could not be written down. */
export const CONFIRM = `${ANSWER}
asked=confirm
if [ "$(cat "$dir/rc" 2>/dev/null)" = 0 ] && ! answer "$dir" settled confirmed && [ ! -e "$dir/settled" ]; then
  echo "the confirmation could not be written: is the disk full or read-only?" >&2
  exit 69
fi
`;
