import { webApi } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { messageOf, OperatorError } from '../base/error.ts';

/** Opening a modal with a trigger, and changing it afterwards. */
export interface Modals {
  /** The id of the view. */
  open(triggerId: string, view: ModalView): Promise<string>;
  /**
   * With the `hash` of the view that a person acted on, Slack refuses when it has changed since (`hash_conflict`). A view
   * that was closed meanwhile stays closed: whoever closes it asks for nothing more.
   */
  update(viewId: string, view: ModalView, hash?: string): Promise<void>;
}

/** Modals over Slack's Web API. */
export function modalsOf(client: webApi.WebClient): Modals {
  return {
    open: async (trigger_id, view) => {
      const { view: opened } = await client.views.open({ trigger_id, view });
      if (opened?.id === undefined) throw new Error('Slack did not say which view it opened');
      return opened.id;
    },
    update: async (view_id, view, hash) => {
      await client.views.update({ view_id, view, ...(hash === undefined ? {} : { hash }) }).catch((error: unknown) => {
        if (!isClosed(error)) throw error;
      });
    },
  };
}

/** Slack knows no such view any more (docs.slack.dev/reference/methods/views.update). */
function isClosed(error: unknown): boolean {
  return error instanceof webApi.WebAPIPlatformError && error.data.error === 'not_found';
}

/**
 * Opens a dialog; undefined when a repeated delivery finds its trigger taken and the dialog open. Throws
 * slack/unreachable when Slack did not open it in time.
 */
export async function openOnce(modals: Modals, triggerId: string, view: ModalView): Promise<string | undefined> {
  try {
    return await modals.open(triggerId, view);
  } catch (cause) {
    if (/exchanged_trigger_id/.test(messageOf(cause))) return undefined;
    const message = 'Slack did not open the dialog in time';
    throw new OperatorError('slack/unreachable', { message, hint: 'Click again.', cause });
  }
}
