import type { RespondFn, webApi } from '@slack/bolt';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { MessageStore } from '../engine/ports.ts';
import type { Message } from './limits.ts';
import { renderError } from './views/answers.ts';

/** What answers to people work with. */
export interface AnsweringDeps {
  readonly messages: MessageStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells one person something; it never rejects, for nobody could be told of that. */
export type Tell = (message: Message) => Promise<void>;

/** Does a delivery's work once, and tells the person alone what came of it. */
export async function answering(
  deps: AnsweringDeps,
  tell: Tell,
  delivery: string,
  work: () => Promise<Message | undefined>,
): Promise<void> {
  await tellError(deps, tell, async () => {
    if (!(await deps.messages.claim(`delivery:${delivery}`, deps.clock.now()))) return;
    const answer = await work();
    if (answer) await tell(answer);
  });
}

/** Does something, and tells the person alone when it cannot be done. */
export async function tellError({ logger }: AnsweringDeps, tell: Tell, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await tell(renderError(operatorErrorOf(error, logger)));
  }
}

/** Anything that was thrown, as what a person can be told; a bug is logged. */
export function operatorErrorOf(error: unknown, logger: Logger): Pick<OperatorError, 'located' | 'hint'> {
  if (error instanceof OperatorError) return error;
  logger.error('a Slack request failed', {
    error: messageOf(error),
    stack: error instanceof Error ? (error.stack ?? '') : '',
  });
  return {
    located: 'something went wrong inside Countersign',
    hint: 'It is in the log. What was stored before is kept; /runbook status shows it.',
  };
}

interface Addressee {
  readonly client: webApi.WebClient;
  readonly channel: string | null;
  readonly user: string;
}

/** Over the response_url, which ends after 30 minutes and five uses; else as an ephemeral message. */
export function respondingOrEphemeral(
  deps: AnsweringDeps,
  { respond, ...addressee }: Addressee & { readonly respond: RespondFn },
): Tell {
  return async (message) => {
    const { text, blocks } = message;
    try {
      await respond({ response_type: 'ephemeral', replace_original: false, text, blocks: [...blocks] });
    } catch (failure) {
      deps.logger.info('a response_url did not take an answer', { error: messageOf(failure) });
      await ephemeral(deps, addressee)(message);
    }
  };
}

/** In a dialog, where there is no channel that could hold an answer; else as a direct message (chat:write suffices). */
export function inPerson(
  { logger }: AnsweringDeps,
  { client, user, trigger }: Omit<Addressee, 'channel'> & { readonly trigger: string },
): Tell {
  return async ({ text, blocks }) => {
    try {
      const title = { type: 'plain_text', text: 'Countersign' } as const;
      const close = { type: 'plain_text', text: 'Close' } as const;
      await client.views.open({ trigger_id: trigger, view: { type: 'modal', title, close, blocks: [...blocks] } });
    } catch (failure) {
      logger.info('a dialog did not take an answer', { error: messageOf(failure) });
      await client.chat.postMessage({ channel: user, text, blocks: [...blocks] }).catch((error: unknown) => {
        logger.warn('a person could not be told something', { error: messageOf(error) });
      });
    }
  };
}

/** As a message that only this person sees, in the channel where they acted. */
export function ephemeral({ logger }: AnsweringDeps, { client, channel, user }: Addressee): Tell {
  return async ({ text, blocks }) => {
    if (channel === null) return;
    await client.chat.postEphemeral({ channel, user, text, blocks: [...blocks] }).catch((error: unknown) => {
      logger.warn('a person could not be told something', { error: messageOf(error) });
    });
  };
}

/** The same where somebody sent a dialog, which has no response_url; where the bot cannot write, as a direct message. */
export function ephemeralOrDirect({ logger }: AnsweringDeps, { client, channel, user }: Addressee): Tell {
  return async ({ text, blocks }) => {
    const message = { text, blocks: [...blocks] };
    try {
      if (channel !== null) await client.chat.postEphemeral({ channel, user, ...message });
      else await client.chat.postMessage({ channel: user, ...message });
    } catch (failure) {
      logger.info('a person is told something in direct messages', { error: messageOf(failure) });
      await client.chat.postMessage({ channel: user, ...message }).catch((error: unknown) => {
        logger.warn('a person could not be told something', { error: messageOf(error) });
      });
    }
  };
}
