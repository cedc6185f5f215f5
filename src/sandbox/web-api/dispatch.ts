import type { Clock } from '../../base/clock.ts';
import type { Faults } from '../faults.ts';
import type { JsonObject } from '../json.ts';
import type { Traffic } from '../traffic.ts';
import { createArgs, type Method, type Methods, SlackError } from './call.ts';
import { createRateLimiter } from './rate-limit.ts';
import { APP_SCOPES, requireScope } from './scopes.ts';

/** An answer of the Web API. */
interface ApiAnswer {
  readonly status: 200 | 429 | 500 | 503;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** The connection breaks instead of the answer. */
  readonly unanswered?: boolean;
}

/** What became of the calls of one method. */
interface CallCount {
  readonly calls: number;
  /** Answered with 429, for the rate or because somebody asked for it. */
  readonly limited: number;
  /** Above Slack's rate, also where the sandbox lets them pass. */
  readonly exceeded: number;
}

/** The Web API without its transport. */
export interface WebApi {
  call(name: string, token: string | undefined, body: JsonObject): ApiAnswer;
  /** By method, since the sandbox started. */
  readonly counts: Readonly<Record<string, CallCount>>;
}

interface Deps {
  readonly methods: Methods;
  readonly tokens: { readonly bot: string; readonly app: string };
  /** What the bot was granted. */
  readonly scopes: readonly string[];
  readonly rateLimits: boolean;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly traffic: Traffic;
}

/** A Web API over these methods, with Slack's order of checks: method, token, scope, rate, arguments. */
export function createWebApi(deps: Deps): WebApi {
  const counts: Record<string, CallCount> = {};
  const limiter = createRateLimiter(deps.clock);

  function count(name: string, change: Partial<CallCount>): void {
    const { calls, limited, exceeded } = counts[name] ?? { calls: 0, limited: 0, exceeded: 0 };
    counts[name] = {
      calls: calls + (change.calls ?? 0),
      limited: limited + (change.limited ?? 0),
      exceeded: exceeded + (change.exceeded ?? 0),
    };
  }

  function answer(name: string, token: string | undefined, body: JsonObject): ApiAnswer {
    const method = Object.hasOwn(deps.methods, name) ? deps.methods[name] : undefined;
    if (method === undefined) return failed('unknown_method', { req_method: name });
    const denial = denied(method, token, deps.tokens);
    if (denial !== undefined) return failed(denial);
    const granted = method.token === 'app' ? APP_SCOPES : deps.scopes;
    const args = createArgs(body);
    const result = attempt({ name, method, granted, args });
    return { ...result, headers: { ...result.headers, ...scopeHeaders(method, granted) } };
  }

  function attempt(call: {
    readonly name: string;
    readonly method: Method;
    readonly granted: readonly string[];
    readonly args: ReturnType<typeof createArgs>;
  }): ApiAnswer {
    const { name, method, granted, args } = call;
    const run = (): ApiAnswer =>
      answered(() => {
        requireScope(granted, method.scopes);
        return method.run(args);
      });
    const tooFastS = limiter.retryAfterS(name, method, args);
    if (tooFastS !== undefined) count(name, { exceeded: 1 });
    if (tooFastS !== undefined && deps.rateLimits) return limited(tooFastS);
    const fate = deps.faults.forCall();
    if (fate.kind === 'limited') return limited(fate.retryAfterS);
    if (fate.kind === 'unanswered') return { ...run(), unanswered: true };
    if (fate.kind === 'answered') return run();
    if (fate.carriedOut) run();
    const error = fate.status === 503 ? 'service_unavailable' : 'internal_error';
    return { status: fate.status, body: { ok: false, error }, headers: {} };
  }

  return {
    counts,
    call: (name, token, body) => {
      const result = answer(name, token, body);
      count(name, { calls: 1, limited: result.status === 429 ? 1 : 0 });
      const { token: _, ...shown } = body;
      deps.traffic.record({ from: 'bot', what: name, body: shown, status: result.status, answer: result.body });
      return result;
    },
  };
}

function answered(run: () => JsonObject): ApiAnswer {
  try {
    return { status: 200, body: { ok: true, ...run() }, headers: {} };
  } catch (thrown) {
    if (thrown instanceof SlackError) return failed(thrown.error, thrown.extra);
    throw thrown;
  }
}

function failed(error: string, extra: JsonObject = {}): ApiAnswer {
  return { status: 200, body: { ok: false, error, ...extra }, headers: {} };
}

function limited(retryAfterS: number): ApiAnswer {
  return { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'Retry-After': String(retryAfterS) } };
}

/** Slack says with each answer what the token may do and what the method takes. */
function scopeHeaders(method: Method, granted: readonly string[]): Readonly<Record<string, string>> {
  return { 'X-OAuth-Scopes': granted.join(','), 'X-Accepted-OAuth-Scopes': method.scopes.join(',') };
}

function denied(method: Method, token: string | undefined, tokens: Deps['tokens']): string | undefined {
  if (token === undefined || token === '') return 'not_authed';
  if (token !== tokens.bot && token !== tokens.app) return 'invalid_auth';
  return token === tokens[method.token] ? undefined : 'not_allowed_token_type';
}
