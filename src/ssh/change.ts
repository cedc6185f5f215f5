import type { ChangeCommand } from '../base/command.ts';
import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import type { ApprovalGrant } from '../engine/grant.ts';
import type { ChangeOutcome } from '../engine/transport.ts';
import type { Host } from '../inventory/host.ts';
import { createCapture } from './capture.ts';
import type { Connection } from './connection.ts';
import { type Failure, failure } from './failure.ts';
import { type Followed, follow, runBeside } from './follow.ts';
import { hostLine, LineTooLong, scriptWord } from './host-line.ts';
import { killChangeLine, tagChange } from './kill-line.ts';
import type { Pool } from './pool.ts';

/** What changing needs from the transport. */
export interface ChangeDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pool: Pool;
}

/** One approved change. */
export interface ChangeRequest {
  readonly host: Host;
  readonly command: ChangeCommand;
  readonly grant: ApprovalGrant;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Runs an approved command on a host, once: after it was sent it is never sent again. Throws when the grant does not
 * cover the host or has expired, which its caller must have seen to. When it is ended early, what it moved to a session of
 * its own is left alone.
 */
export async function changeHost(deps: ChangeDeps, request: ChangeRequest): Promise<ChangeOutcome> {
  const { host, command, grant, signal, timeoutMs } = request;
  if (!grant.hosts.has(host.name)) throw new Error(`the grant for ${grant.proposal} does not cover ${host.name}`);
  if (grant.expiresAt <= deps.clock.now()) throw new Error(`the grant for ${grant.proposal} has expired`);
  const nonce = deps.ids.nonce();
  const line = lineOf(nonce, command);
  if (line === undefined)
    return failure('unknown', `The change is too long to be sent to ${host.name}; nothing was sent.`);
  const lease = await deps.pool.exec({
    host,
    line,
    signal,
    objection: () => (grant.expiresAt <= deps.clock.now() ? expired(host) : undefined),
  });
  if ('kind' in lease) return lease;

  const stdout = createCapture();
  const stderr = createCapture();
  const followed = await follow({
    channel: lease.channel,
    clock: deps.clock,
    signal,
    deadlineMs: timeoutMs,
    onStdout: stdout.append,
    onStderr: stderr.append,
    force: () => runBeside(lease.connection, killChangeLine(nonce)),
  });
  lease.release();
  if (followed.ending === 'closed' && followed.exitCode !== undefined) {
    return { kind: 'ok', exitCode: followed.exitCode, stdout: stdout.finish().text, stderr: stderr.finish().text };
  }
  return unclear(host, followed, lease.connection);
}

/** A change as one line for one SSH exec, tagged so that it can be ended. Throws LineTooLong. */
export function changeLine(nonce: string, argv: readonly string[]): string {
  return hostLine([tagChange(nonce), `exec ${argv.map(scriptWord).join(' ')} </dev/null`]);
}

/** Undefined when it is longer than a host takes: that is no reason to try again, as an error would be. */
function lineOf(nonce: string, { argv }: ChangeCommand): string | undefined {
  try {
    return changeLine(nonce, argv);
  } catch (error) {
    if (error instanceof LineTooLong) return undefined;
    throw error;
  }
}

function unclear(host: Host, followed: Followed, connection: Connection): Failure {
  const look = 'look at its receipt on the host before trying again';
  const left = followed.closed ? 'it was ended on the host' : 'the host did not confirm that it was ended';
  if (followed.ending === 'cancelled')
    return failure('cancelled', `The change on ${host.name} was cancelled; ${left}; ${look}.`);
  if (followed.ending === 'deadline')
    return failure('timed_out', `The change on ${host.name} took too long; ${left}; ${look}.`);
  if (connection.alive()) return failure('unknown', `The change on ${host.name} was killed by a signal; ${look}.`);
  return failure('unknown', `${connection.whyLost().detail} The change had been sent; ${look}.`);
}

function expired(host: Host): Failure {
  return failure(
    'cancelled',
    `The approval expired before ${host.name} was reached; nothing was sent: ask for a new approval.`,
  );
}
