import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** A real Bolt App on a sandbox, with two Socket Mode connections as in production. */
export interface TestApp {
  readonly app: App;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connects an App to a sandbox; `listen` adds its listeners first. The caller disposes of it. */
export async function startTestApp(sandbox: Sandbox, listen: (app: App) => void = () => {}): Promise<TestApp> {
  const clientOptions = { slackApiUrl: sandbox.slackApiUrl };
  const receiver = (): SocketModeReceiver =>
    new SocketModeReceiver({
      appToken: sandbox.appToken,
      installerOptions: { clientOptions },
      logLevel: LogLevel.ERROR,
    });
  const [first, second] = [receiver(), receiver()];
  const app = new App({ token: sandbox.botToken, receiver: first, clientOptions, logLevel: LogLevel.ERROR });
  listen(app);
  await app.start();
  second.init(app);
  await second.start();
  return {
    app,
    [Symbol.asyncDispose]: async () => {
      await app.stop();
      await second.stop();
    },
  };
}
