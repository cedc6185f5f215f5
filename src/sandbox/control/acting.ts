import type { Context } from 'hono';
import { ActRefused, type ActResult } from '../acts/act.ts';
import { interactWithMessage, interactWithView, useShortcut } from '../acts/interact.ts';
import { closeModal, submitModal } from '../acts/modal.ts';
import { openHome, sendCommand, sendMessage } from '../acts/say.ts';
import { parseEntries } from '../blocks/state-values.ts';
import { isObject, type JsonObject, parseJson, textOf } from '../json.ts';
import type { SandboxHttp } from '../web-api/routes.ts';
import type { ControlDeps } from './context.ts';
import { parseDisconnect, parseFaults, parseInteraction, requiredText } from './requests.ts';

type Act = (body: JsonObject) => Promise<ActResult> | JsonObject;

/** `POST /_control/:act`: what a person does, and what goes wrong. Each answer says what came of it. */
export function routeActs(http: SandboxHttp, deps: ControlDeps): void {
  const acts = { ...peopleActs(deps), ...operatorActs(deps) };
  http.post('/_control/:act', async (context) => {
    const name = context.req.param('act');
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (act === undefined) return context.json({ ok: false, error: 'unknown_act' }, 404);
    const body = parseJson(await context.req.text());
    return perform(context, act, isObject(body) ? body : {});
  });
}

async function perform(context: Context, act: Act, body: JsonObject): Promise<Response> {
  try {
    return context.json(await act(body));
  } catch (thrown) {
    if (thrown instanceof ActRefused) return context.json({ ok: false, error: thrown.message }, 400);
    throw thrown;
  }
}

function peopleActs({ acts, showcase }: ControlDeps): Record<string, Act> {
  return {
    command: (body) =>
      sendCommand(acts, {
        user: requiredText(body, 'user'),
        channel: requiredText(body, 'channel'),
        text: requiredText(body, 'text'),
        registered: showcase.command,
      }),
    message: (body) =>
      sendMessage(acts, {
        user: requiredText(body, 'user'),
        channel: requiredText(body, 'channel'),
        text: requiredText(body, 'text'),
        threadTs: textOf(body['thread_ts']),
      }),
    interact: (body) => {
      const interaction = parseInteraction(body);
      const surface = body['surface'];
      if (surface === 'modal' || surface === 'home') return interactWithView(acts, { ...interaction, surface });
      const channel = requiredText(body, 'channel');
      return interactWithMessage(acts, { ...interaction, channel, messageTs: requiredText(body, 'message_ts') });
    },
    shortcut: (body) => {
      const ts = textOf(body['message_ts']);
      return useShortcut(acts, {
        user: requiredText(body, 'user'),
        callbackId: requiredText(body, 'callback_id'),
        ...(ts !== undefined && { message: { channel: requiredText(body, 'channel'), ts } }),
      });
    },
    'open-home': (body) => openHome(acts, { user: requiredText(body, 'user') }),
    'view-submit': (body) =>
      submitModal(acts, { user: requiredText(body, 'user'), entries: parseEntries(body['values']) }),
    'view-close': (body) => closeModal(acts, { user: requiredText(body, 'user') }),
  };
}

function operatorActs({ acts, faults, connections, traffic }: ControlDeps): Record<string, Act> {
  return {
    reset: () => {
      acts.workspace.reset();
      faults.clear();
      traffic.clear();
      return { ok: true };
    },
    fault: (body) => {
      if (body['clear'] === true) faults.clear();
      faults.set(parseFaults(body));
      return { ok: true, faults: faults.state };
    },
    disconnect: (body) => {
      const { reason, which } = parseDisconnect(body);
      const told = reason === 'cut' ? connections.cut(which) : connections.disconnect(reason, which);
      return { ok: true, told };
    },
  };
}
