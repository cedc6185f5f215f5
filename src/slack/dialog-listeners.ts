import type { App } from '@slack/bolt';
import { type AnsweringDeps, answering, ephemeralOrDirect } from './answering.ts';
import type { ConfirmDeps } from './confirming.ts';
import type { Homes } from './home.ts';
import type { InFlight } from './in-flight.ts';
import { parseShare, SHARE } from './payload/share.ts';
import { parseSubmission } from './payload/submission.ts';
import { readRejection, rejectWithReason } from './rejecting.ts';
import { type SharingDeps, shareRun } from './sharing.ts';
import { REJECT } from './views/reject.ts';
import { type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** What listeners of dialogs work with. */
export interface DialogListenerDeps extends ConfirmDeps, SharingDeps, AnsweringDeps, WhoAsksDeps {
  readonly inFlight: InFlight;
  readonly homes: Homes;
}

/** Registers the dialogs that reject a proposal and share a run. */
export function addDialogListeners(app: App, deps: DialogListenerDeps): void {
  listenToRejections(app, deps);
  listenToShares(app, deps);
}

const OUT_OF_DATE = 'This dialog is out of date. Close it and click again.';

function listenToRejections(app: App, deps: DialogListenerDeps): void {
  app.view(REJECT.callback, ({ ack, body, client }) =>
    deps.inFlight.track(async () => {
      const sent = parseSubmission(body);
      const rejection = sent && readRejection(sent);
      if (!sent || !rejection) return ack({ response_action: 'errors', errors: { [REJECT.block]: OUT_OF_DATE } });
      await ack();
      const { userId, teamId } = sent;
      const { proposal, channel } = rejection;
      const tell = ephemeralOrDirect(deps, { client, channel, user: userId });
      const claim = { userId, teamId, wish: REJECT.callback, subject: `proposal:${proposal}`, channel };
      await answering(deps, tell, sent.delivery, async () => {
        await rejectWithReason(deps, rejection, await whoAsks(deps, claim));
        return undefined;
      });
      if (channel === null) await deps.homes.refresh(userId);
    }),
  );
}

function listenToShares(app: App, deps: DialogListenerDeps): void {
  app.view(SHARE.callback, ({ ack, body, client }) =>
    deps.inFlight.track(async () => {
      const share = parseShare(body);
      if (!share) return ack({ response_action: 'errors', errors: { [SHARE.where.block]: 'Choose a channel.' } });
      await ack();
      const { userId, teamId, channel } = share;
      const tell = ephemeralOrDirect(deps, { client, channel, user: userId });
      const claim = { userId, teamId, wish: SHARE.callback, subject: `run:${share.run}`, channel };
      await answering(deps, tell, share.delivery, async () => shareRun(deps, share, await whoAsks(deps, claim)));
    }),
  );
}
