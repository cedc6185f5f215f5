import { systemClock } from '../../src/base/clock.ts';
import { systemIds } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

/** What a control call says came of an act. */
interface ActAnswer {
  readonly ok: boolean;
  readonly error?: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly ackedInMs?: number;
  readonly ack?: Record<string, unknown>;
  readonly ts?: string;
}

/** A message as a member of the sandbox sees it. */
export interface SeenMessage {
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly channel: string;
  readonly is_ephemeral: boolean;
  readonly thread_ts?: string;
  readonly reply_count?: number;
  readonly blocks?: readonly Record<string, unknown>[];
  readonly metadata?: Record<string, unknown>;
  readonly files?: readonly Record<string, unknown>[];
  readonly edited?: Record<string, unknown>;
}

/** A person's hands and eyes in a sandbox, over its control API. */
export interface SandboxClient {
  act(name: string, body: Record<string, unknown>): Promise<ActAnswer>;
  command(user: string, channel: string, text: string): Promise<ActAnswer>;
  click(user: string, message: { channel: string; ts: string }, actionId: string): Promise<ActAnswer>;
  messages(channel: string, user?: string): Promise<readonly SeenMessage[]>;
  modal(user: string): Promise<Record<string, unknown> | null>;
  home(user: string): Promise<Record<string, unknown> | null>;
  state(): Promise<Record<string, unknown>>;
  log(): Promise<readonly Record<string, unknown>[]>;
}

/** A sandbox on a free port with the default members; the caller disposes of it. */
export function startTestSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({
    port: 0,
    clock: systemClock,
    ids: systemIds,
    logger: silentLogger,
    botName: 'countersign',
    command: { name: '/runbook', usageHint: 'run <runbook> on <hosts>', description: 'Run a runbook' },
    rateLimits: false,
    ...options,
  });
}

/** A client for the control API of a sandbox. */
export function sandboxClient(sandbox: Sandbox): SandboxClient {
  const base = new URL('/_control/', sandbox.slackApiUrl);
  const headers = { authorization: `Bearer ${sandbox.controlToken}`, 'content-type': 'application/json' };
  async function get<T>(path: string): Promise<T> {
    return (await (await fetch(new URL(path, base), { headers })).json()) as T;
  }
  async function act(name: string, body: Record<string, unknown>): Promise<ActAnswer> {
    const response = await fetch(new URL(name, base), { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as ActAnswer;
  }
  return {
    act,
    command: (user, channel, text) => act('command', { user, channel, text }),
    click: (user, message, actionId) =>
      act('interact', { user, channel: message.channel, message_ts: message.ts, action_id: actionId }),
    messages: async (channel, user) =>
      (await get<{ messages: SeenMessage[] }>(`messages/${channel}${user ? `?user=${user}` : ''}`)).messages,
    modal: async (user) => (await get<{ view: Record<string, unknown> | null }>(`modal/${user}`)).view,
    home: async (user) => (await get<{ view: Record<string, unknown> | null }>(`home/${user}`)).view,
    state: () => get('state'),
    log: async () => (await get<{ entries: Record<string, unknown>[] }>('log')).entries,
  };
}
