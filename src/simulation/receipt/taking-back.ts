import { RC, type Rc, type Receipt, say, type WorkHost } from './receipt.ts';
import { imageOf, isBefore, put, type Target } from './targets.ts';

/** How long a reload takes until its new worker has been seen to stay. */
const RELOAD_MS = 1200;

/** Tests nginx's files and makes it load them; false when it refuses them. */
export async function load({ machine, sleep }: WorkHost, from: Receipt, said: Receipt): Promise<boolean> {
  const refused = machine.nginx() ? machine.testNginx() : 'nginx does not run';
  if (refused !== undefined) {
    say(said, `the test of nginx's configuration failed: ${refused}`);
    return false;
  }
  from.loaded = true;
  machine.reloadNginx();
  await sleep(RELOAD_MS);
  say(said, 'nginx reloaded');
  return true;
}

/**
 * Restores every pre-image of `from`, or none of them when somebody else changed a target since; what happens is said in
 * the receipt that asks for it.
 */
export async function takeAllBack(
  host: WorkHost,
  targets: readonly Target[],
  { from, said }: { readonly from: Receipt; readonly said: Receipt },
): Promise<Rc> {
  const files = targets.map((target, index) => ({ target, index })).filter(({ target }) => target.kind !== 'nginx');
  const drifted = files.find(({ target, index }) => {
    const image = imageOf(host.machine, target);
    return image !== from.post[index] && !isBefore(target, image);
  });
  if (drifted) {
    say(said, `${drifted.target.path} was changed by somebody since; it was left alone`);
    return RC.drifted;
  }
  let restored = false;
  for (const { target, index } of files.reverse()) {
    const pre = from.pre[index] ?? null;
    if (imageOf(host.machine, target) !== pre) {
      restored = true;
      if (!put(host.machine, target, pre)) return RC.unrestored;
    }
    say(said, `${target.path} restored`);
  }
  const reloads = targets.some(({ kind }) => kind === 'nginx') && (restored || from.loaded);
  if (!reloads) return RC.done;
  const loaded = await load(host, from, said);
  from.loaded = false;
  return loaded ? RC.done : RC.unrestored;
}
