/*
 * POSIX sh, reviewed constants; every value arrives as an argument. Where a receipt lies, and who runs its work.
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

/** Ends the script with `NEVER` when the receipt that was looked for is not there. */
export const UNLESS_FOUND = `
[ -n "$dir" ] && [ -d "$dir" ] || { echo "receipt NEVER"; exit 0; }
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

/** Every word that a receipt may come to say: exit statuses, who settled it, and what its guard did. */
const ANSWERS = '0 70 71 72 73 confirmed reverted undone drifted unrestored';

/**
 * Starts the work `$2` with the remaining arguments if this call makes the receipt directory. All that the work may have
 * to say later is written before it starts: saying it is then a link(2), which is atomic and needs no room on a disk
 * that has become full.
 */
export const GATE = `
body=$2
shift 2
prepare() {
  mkdir "$dir/answers" || return 1
  for word in ${ANSWERS}; do printf '%s\\n' "$word" >"$dir/answers/$word" || return 1; done
  : >"$dir/output"
}
if mkdir "$dir" 2>/dev/null; then
  if ! prepare 2>/dev/null; then
    rm -rf "$dir"
    echo "the receipt cannot be written: is the disk full?" >&2
    exit 69
  fi
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
