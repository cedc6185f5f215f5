import type { App, RespondFn, webApi } from '@slack/bolt';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import type { MessageStore } from '../engine/ports.ts';
import { answerClick } from './clicks.ts';
import { answerCommand, type CommandDeps } from './commands.ts';
import type { Identity } from './identity.ts';
import type { InFlight } from './in-flight.ts';
import type { Message } from './limits.ts';
import { parseClick } from './payload/click.ts';
import { parseCommand } from './payload/command.ts';
import { renderError } from './views/answers.ts';

/** What listeners work with. */
export interface ListenerDeps extends CommandDeps {
  readonly identity: Identity;
  readonly messages: MessageStore;
  readonly inFlight: InFlight;
  readonly clock: Clock;
  readonly logger: Logger;
  zoneOffsetMinutes(userId: string): Promise<number | undefined>;
}

/** Registers the slash command and the buttons: acknowledge first, then parse, claim the delivery, and ask the engine. */
export function addListeners(app: App, deps: ListenerDeps): void {
  app.command(deps.command, ({ ack, body, respond, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const typed = parseCommand(body);
      if (!typed) return;
      const tell = teller(deps, { respond, client, channel: typed.channel, user: typed.userId });
      await answering(deps, tell, typed.delivery, () =>
        answerCommand(deps, typed.text, {
          channel: typed.channel,
          asker: () => deps.identity.asker(typed.userId, typed.teamId),
          zoneOffsetMinutes: () => deps.zoneOffsetMinutes(typed.userId),
        }),
      );
    }),
  );
  app.action(/^(?:proposal|run)_[a-z]+$/, ({ ack, body, respond, client }) =>
    deps.inFlight.track(async () => {
      await ack();
      const click = parseClick(body);
      if (!click) return;
      const tell = teller(deps, { respond, client, channel: click.channel, user: click.userId });
      await answering(deps, tell, click.delivery, async () => {
        await answerClick(deps, click, await deps.identity.asker(click.userId, click.teamId));
        return undefined;
      });
    }),
  );
}

/** Does a delivery's work once, and tells the person alone what came of it. */
async function answering(
  deps: ListenerDeps,
  tell: Tell,
  delivery: string,
  work: () => Promise<Message | undefined>,
): Promise<void> {
  try {
    if (!(await deps.messages.claim(`delivery:${delivery}`, deps.clock.now()))) return;
    const answer = await work();
    if (answer) await tell(answer);
  } catch (error) {
    await tell(renderError(operatorErrorOf(error, deps.logger)));
  }
}

function operatorErrorOf(error: unknown, logger: Logger): Pick<OperatorError, 'located' | 'hint'> {
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

/** Tells one person something; it never rejects, for nobody could be told of that. */
type Tell = (message: Message) => Promise<void>;

interface Addressee {
  readonly respond: RespondFn;
  readonly client: webApi.WebClient;
  readonly channel: string | null;
  readonly user: string;
}

/** Over the response_url, which ends after 30 minutes and five uses; else as an ephemeral message. */
function teller({ logger }: ListenerDeps, { respond, client, channel, user }: Addressee): Tell {
  return async ({ text, blocks }) => {
    try {
      await respond({ response_type: 'ephemeral', replace_original: false, text, blocks: [...blocks] });
    } catch (failure) {
      logger.info('a response_url did not take an answer', { error: messageOf(failure) });
      if (channel === null) return;
      await client.chat.postEphemeral({ channel, user, text, blocks: [...blocks] }).catch((error: unknown) => {
        logger.warn('a person could not be told something', { error: messageOf(error) });
      });
    }
  };
}
