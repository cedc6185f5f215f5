import { WORK } from './work.ts';

/**
 * Makes sure that the attempt is over, checks that every target is as the attempt left or found it, then restores the
 * pre-images. An attempt that never began is closed for good, so that it cannot begin after its undo. A guard that waits
 * for the attempt's confirmation is sent away; one that has begun to take the change back is waited for.
 * The last argument is 1 when the attempt is known to have been done: then nothing to restore from is no success.
 */
export const UNDO_BODY = `${WORK}
from=\${dir%.undo*}
for applied; do :; done
lost() { echo "it was applied, but its receipt is not on this host any more, so there is nothing to restore it from; nothing was changed"; finish 70; }
[ "$applied" = 0 ] || [ -d "$from" ] || lost
if mkdir "$from" 2>/dev/null; then
  answer "$from" rc 70
  echo "the attempt had never begun and cannot begin any more; there was nothing to restore"
  finish 0
fi
for other in "$from" "$from".undo*; do
  [ "$other" != "$dir" ] && [ ! -f "$other/rc" ] && alive "$other" && { echo "\${other##*/} is still at work on this host; ask again when it has ended. Nothing was changed"; finish 70; }
done
if ! answer "$from" settled undone && [ "$(settled_by "$from")" = reverted ]; then
  tries=0
  while [ ! -f "$from/guard" ] && alive "$from" && [ $tries -lt 240 ]; do tries=$((tries + 1)); nap 0.2; done
  [ "$(cat "$from/guard" 2>/dev/null)" = reverted ] && { echo "it had undone itself already; there was nothing to restore"; finish 0; }
fi
hold 10
[ -f "$from/ready" ] || [ "$applied" = 0 ] || lost
[ -f "$from/ready" ] || { echo "the attempt ended before it changed anything; there was nothing to restore"; finish 0; }
take_all_back "$@"
finish $?
`;
