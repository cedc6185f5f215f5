import type { JsonObject } from './json.ts';
import type { Shortcut } from './model.ts';
import type { Page } from './page.ts';
import { failureText } from './surface.ts';
import { showToast } from './toasts.ts';

/** Uses a shortcut of the app; `of` names the message, when it is one of a message. */
export async function runShortcut({ api, state }: Page, shortcut: Shortcut, of: JsonObject = {}): Promise<void> {
  const result = await api.act('shortcut', { user: state.me, callback_id: shortcut.callbackId, ...of });
  if (!result.ok) showToast(failureText(result.error));
}
