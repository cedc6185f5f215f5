import { testHost } from '../helpers/sshd.ts';
import { createLocalTransport } from '../helpers/fake-transport.ts';
import { describeTransport } from './transport.ts';

describeTransport('the local fake', async () => ({
  host: testHost({}),
  createTransport: createLocalTransport,
  [Symbol.asyncDispose]: async () => {},
}));
