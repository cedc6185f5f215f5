import { expect, onTestFinished } from 'vitest';
import { createDisposal } from '../../src/base/disposal.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { startTestApp, type TestApp } from './bolt.ts';
import { type SandboxClient, type SeenMessage, sandboxClient, startTestSandbox } from './sandbox.ts';

/** The member who asks for runs. */
export const REQUESTER = 'U0REQUESTER';
/** The member who approves. */
export const APPROVER = 'U0APPROVER';
/** The channel that both are in. */
export const INCIDENTS = 'C0INCIDENTS';

/** The parts of an answer of the Web API that tests look at. */
export interface ApiJson {
  readonly ok: boolean;
  readonly error?: string;
  readonly errors?: readonly string[];
  readonly url?: string;
}

/** A sandbox, its people, and ways to reach it as a bot does. */
export interface SandboxScene {
  readonly sandbox: Sandbox;
  readonly person: SandboxClient;
  /** Connects a Bolt App; `listen` adds its listeners first. */
  connect(listen?: Parameters<typeof startTestApp>[1]): Promise<TestApp>;
  /** Calls a method of the Web API without Bolt, as the bot unless another token is given. */
  api(method: string, body: object, token?: string): Promise<{ response: Response; json: ApiJson }>;
  /** The first message of a channel that a member sees and that passes, once there is one. */
  waitForMessage(channel: string, user: string, passes: (message: SeenMessage) => boolean): Promise<SeenMessage>;
}

/** Starts a sandbox; it and the Apps that were connected to it end with the test. */
export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<SandboxScene> {
  const disposal = createDisposal();
  onTestFinished(() => disposal[Symbol.asyncDispose]());
  const sandbox = disposal.use(await startTestSandbox(options));
  const person = sandboxClient(sandbox);
  return {
    sandbox,
    person,
    connect: async (listen) => disposal.use(await startTestApp(sandbox, listen)),
    async api(method, body, token = sandbox.botToken) {
      const response = await fetch(sandbox.slackApiUrl + method, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { response, json: (await response.json()) as ApiJson };
    },
    async waitForMessage(channel, user, passes) {
      let found: SeenMessage | undefined;
      await expect
        .poll(async () => {
          found = (await person.messages(channel, user)).find(passes);
          return found !== undefined;
        })
        .toBe(true);
      return found!;
    },
  };
}

/** A text object without markup. */
export function plain(text: string) {
  return { type: 'plain_text' as const, text };
}

/** A section block of mrkdwn. */
export function section(text: string) {
  return { type: 'section' as const, text: { type: 'mrkdwn' as const, text } };
}
