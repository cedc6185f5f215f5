import type { App } from '@slack/bolt';
import { OperatorError } from '../base/error.ts';
import { type AnsweringDeps, inPerson, tellError } from './answering.ts';
import type { Directs } from './directs.ts';
import type { Homes } from './home.ts';
import type { InFlight } from './in-flight.ts';
import { modalsOf } from './modals.ts';
import { type ClickPayload, parseClick } from './payload/click.ts';
import { parseHomeOpened } from './payload/home.ts';
import { openPicker, type PickerDeps } from './picker.ts';
import { typedForm } from './picker-form.ts';
import { HOME_RUN } from './views/home.ts';
import { OPEN_MESSAGE } from './views/home-entries.ts';
import { type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** What the Home's listeners work with. */
export interface HomeListenerDeps extends AnsweringDeps, WhoAsksDeps {
  readonly homes: Homes;
  readonly directs: Directs;
  readonly inFlight: InFlight;
}

/** What beginning a run on the Home takes, too. */
type RunningDeps = HomeListenerDeps & Pick<PickerDeps, 'runbooks' | 'inventory' | 'command' | 'clock'>;

/** Registers the opening of Homes and what they have of their own; their other buttons are those of messages. */
export function addHomeListeners(app: App, deps: RunningDeps): void {
  const { homes, directs, inFlight } = deps;
  app.event('app_home_opened', ({ body }) =>
    inFlight.track(async () => {
      const visitor = parseHomeOpened(body);
      if (!visitor) return;
      if (visitor.channel !== undefined) directs.learn(visitor.userId, visitor.channel);
      await homes.opened(visitor);
    }),
  );
  app.action(HOME_RUN, ({ ack, body, client }) =>
    inFlight.track(async () => {
      await ack();
      const click = parseClick(body);
      if (!click) return;
      const tell = inPerson(deps, { client, user: click.userId, trigger: click.delivery });
      await tellError(deps, tell, () => pickRun(deps, click, client));
    }),
  );
  // A button that only leads somewhere is told of all the same, and Slack warns its user when nobody acknowledges it.
  app.action(OPEN_MESSAGE, ({ ack }) => ack());
}

/** Opens the picker; a Home is no channel, so the run shows in the person's direct messages with the bot. */
async function pickRun(deps: RunningDeps, { userId, teamId, delivery }: ClickPayload, client: App['client']) {
  const direct = await deps.directs.of(userId);
  if (direct.kind !== 'ok')
    throw new OperatorError('slack/unreachable', {
      message: 'Slack does not let me open direct messages with you, where the run would show',
      hint: `Type ${deps.command} run in a channel instead.`,
    });
  const modals = modalsOf(client);
  await openPicker(deps, typedForm(deps, '', direct.value), {
    dialog: { ...modals, open: (view) => modals.open(delivery, view) },
    asker: () => whoAsks(deps, { userId, teamId, wish: HOME_RUN, subject: 'command:run', channel: null }),
  });
}
