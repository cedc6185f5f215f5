import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createSshTransport } from '../../src/ssh/transport.ts';
import { describeTransport } from '../contract/transport.ts';
import { startSshd } from '../helpers/sshd.ts';

describeTransport('SSH', async () => {
  const sshd = await startSshd();
  return {
    host: sshd.host(),
    createTransport: () => createSshTransport({ clock: systemClock, ids: systemIds, logger: silentLogger }),
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
});
