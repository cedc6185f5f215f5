import { describeTransport } from '../contract/transport.ts';
import { transportWith } from '../helpers/ssh-transport.ts';
import { startSshd } from '../helpers/sshd.ts';

describeTransport('SSH', async () => {
  const sshd = await startSshd();
  return {
    host: sshd.host(),
    createTransport: () => transportWith(),
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
});
