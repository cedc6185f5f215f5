import { newReceipt, RC, type Rc, type Receipt, say, type WorkHost } from './receipt.ts';
import { load, takeAllBack } from './taking-back.ts';
import { composed, type Image, imageOf, isBefore, put, type Target } from './targets.ts';

const LOOK_MS = 500;
const UNDO_PATIENCE_MS = 10_000;
const GUARD_PATIENCE_MS = 48_000;

/** Applies a change once: looks, captures, acts, and guards it until it is confirmed or the time is over. */
export async function apply(
  host: WorkHost,
  receipt: Receipt,
  { targets, withinSeconds }: { readonly targets: readonly Target[]; readonly withinSeconds: number },
): Promise<void> {
  receipt.rc = await applied(host, receipt, targets);
  if (receipt.rc === RC.done) {
    if (withinSeconds > 0) await guard(host, receipt, targets, withinSeconds);
    else receipt.settled ??= 'confirmed';
  }
  release(host, receipt);
}

async function applied(host: WorkHost, receipt: Receipt, targets: readonly Target[]): Promise<Rc> {
  const unchanged = (why: string, rc: Rc): Rc => {
    say(receipt, `${why}; nothing was changed`);
    return rc;
  };
  if (!(await hold(host, receipt, 0))) return busy(host, receipt);
  if (receipt.settled !== undefined) return unchanged('it was undone before it began', RC.failed);
  for (const target of targets) {
    const image = imageOf(host.machine, target);
    if (!isBefore(target, image))
      return unchanged(`${target.path} is not as it was when the change was approved`, RC.drifted);
    const post: Image | undefined = target.kind === 'nginx' ? null : composed(target, image);
    if (post === undefined) return unchanged(`the new ${target.path} could not be put together`, RC.failed);
    receipt.pre.push(image);
    receipt.post.push(post);
  }
  receipt.ready = true;
  for (const [index, target] of targets.entries()) {
    if (await acted(host, receipt, target, index)) continue;
    const back = await takeAllBack(host, targets.slice(0, index + 1), { from: receipt, said: receipt });
    say(receipt, back === RC.done ? 'everything was restored' : 'not everything could be restored');
    return back === RC.done ? RC.failed : RC.unrestored;
  }
  return RC.done;
}

async function acted(host: WorkHost, receipt: Receipt, target: Target, index: number): Promise<boolean> {
  if (target.kind === 'nginx') return load(host, receipt, receipt);
  const written = put(host.machine, target, receipt.post[index] ?? null);
  say(receipt, written ? `${target.path} written` : `${target.path} could not be written`);
  return written;
}

async function guard(
  host: WorkHost,
  receipt: Receipt,
  targets: readonly Target[],
  withinSeconds: number,
): Promise<void> {
  const untilMs = host.monotonicMs() + withinSeconds * 1000;
  while (receipt.settled === undefined && host.monotonicMs() < untilMs) await host.sleep(LOOK_MS);
  if (receipt.settled !== undefined) return;
  receipt.settled = 'reverted';
  say(receipt, `not confirmed within ${withinSeconds} s; taking it back`);
  const rc = await takeAllBack(host, targets, { from: receipt, said: receipt });
  if (rc === RC.done) say(receipt, 'everything was restored');
  receipt.guard = rc === RC.done ? 'reverted' : rc === RC.drifted ? 'drifted' : 'unrestored';
}

/** Takes a change back once: sends its guard away, then restores what it captured unless somebody changed that since. */
export async function undo(
  host: WorkHost,
  receipt: Receipt,
  { targets, wasApplied }: { readonly targets: readonly Target[]; readonly wasApplied: boolean },
): Promise<void> {
  receipt.rc = await undone(host, receipt, targets, wasApplied);
  release(host, receipt);
}

async function undone(host: WorkHost, receipt: Receipt, targets: readonly Target[], wasApplied: boolean): Promise<Rc> {
  const over = (text: string, rc: Rc): Rc => {
    say(receipt, text);
    return rc;
  };
  const lost = 'it was applied, but its receipt is not on this host any more; nothing was changed';
  const name = receipt.name.replace(/\.undo.*$/, '');
  const from = host.all.get(name);
  if (!from && wasApplied) return over(lost, RC.failed);
  if (!from) {
    host.all.set(name, { ...newReceipt(name), rc: RC.failed });
    return over('the attempt had never begun and cannot begin any more; there was nothing to restore', RC.done);
  }
  const others = [...host.all.values()].filter((one) => one.name === name || one.name.startsWith(`${name}.undo`));
  const other = others.find((one) => one !== receipt && one.rc === undefined && one.working);
  if (other) return over(`${other.name} is still at work on this host; nothing was changed`, RC.failed);
  from.settled ??= 'undone';
  if (from.settled === 'reverted' && (await heals(host, from)))
    return over('it had undone itself already; there was nothing to restore', RC.done);
  if (!(await hold(host, receipt, UNDO_PATIENCE_MS))) return busy(host, receipt);
  if (!from.ready && wasApplied) return over(lost, RC.failed);
  if (!from.ready) return over('the attempt ended before it changed anything; there was nothing to restore', RC.done);
  return takeAllBack(host, targets, { from, said: receipt });
}

/* Waits for a guard that has begun to take the change back. */
async function heals(host: WorkHost, from: Receipt): Promise<boolean> {
  const untilMs = host.monotonicMs() + GUARD_PATIENCE_MS;
  while (from.guard === undefined && from.working && host.monotonicMs() < untilMs) await host.sleep(LOOK_MS);
  return from.guard === 'reverted';
}

/** Takes the host's lock, which one receipt at a time has. */
async function hold(host: WorkHost, receipt: Receipt, patienceMs: number): Promise<boolean> {
  const untilMs = host.monotonicMs() + patienceMs;
  while (host.lock !== undefined) {
    if (host.monotonicMs() >= untilMs) return false;
    await host.sleep(LOOK_MS);
  }
  host.lock = receipt;
  return true;
}

function busy(host: WorkHost, receipt: Receipt): Rc {
  say(receipt, `another change is at work on this host (${host.lock?.name ?? 'unknown'}); nothing was changed`);
  return RC.busy;
}

function release(host: WorkHost, receipt: Receipt): void {
  if (host.lock === receipt) host.lock = undefined;
}
