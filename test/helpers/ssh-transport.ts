import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Transport } from '../../src/engine/transport.ts';
import { createSshTransport, type SshTransportInit } from '../../src/ssh/transport.ts';

/** An SSH transport on the machine's own clock. The caller disposes of it. */
export function transportWith(init: Partial<SshTransportInit> = {}): Transport {
  return createSshTransport({ clock: systemClock, ids: systemIds, logger: silentLogger, ...init });
}

/** What an outcome says about why it is not `ok`; empty when it says nothing. */
export function detailOf(outcome: object): string {
  return 'detail' in outcome ? String(outcome.detail) : '';
}
