import type { Clock } from '../../base/clock.ts';
import type { Faults } from '../faults.ts';
import type { JsonObject } from '../json.ts';
import type { Traffic } from '../traffic.ts';
import { createArgs, type Method, type Methods, SlackError } from './call.ts';
import { createRateLimiter } from './rate-limit.ts';

/** An answer of the Web API. */
interface ApiAnswer {
  readonly status: 200 | 429;
  readonly body: JsonObject;
  readonly retryAfterS?: number;
}

/** The Web API without its transport. */
export interface WebApi {
  call(name: string, token: string | undefined, body: JsonObject): ApiAnswer;
  /** How often each method was called, and how often it was answered with 429. */
  readonly counts: Readonly<Record<string, { calls: number; limited: number }>>;
}

interface Deps {
  readonly methods: Methods;
  readonly tokens: { readonly bot: string; readonly app: string };
  readonly rateLimits: boolean;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly traffic: Traffic;
}

/** A Web API over these methods, with Slack's order of checks: method, token, rate, arguments. */
export function createWebApi(deps: Deps): WebApi {
  const counts: Record<string, { calls: number; limited: number }> = {};
  const limiter = createRateLimiter(deps.clock);

  function answer(name: string, token: string | undefined, body: JsonObject): ApiAnswer {
    const method = Object.hasOwn(deps.methods, name) ? deps.methods[name] : undefined;
    if (method === undefined) return failed('unknown_method', { req_method: name });
    const denial = denied(method, token, deps.tokens);
    if (denial !== undefined) return failed(denial);
    const args = createArgs(body);
    const faulty = deps.faults.take('rateLimits') ? deps.faults.state.retryAfterS : undefined;
    const retryAfterS = faulty ?? (deps.rateLimits ? limiter.retryAfterS(name, method, args) : undefined);
    if (retryAfterS !== undefined) return { status: 429, retryAfterS, body: { ok: false, error: 'ratelimited' } };
    try {
      return { status: 200, body: { ok: true, ...method.run(args) } };
    } catch (thrown) {
      if (thrown instanceof SlackError) return failed(thrown.error, thrown.extra);
      throw thrown;
    }
  }

  return {
    counts,
    call: (name, token, body) => {
      const result = answer(name, token, body);
      const count = counts[name] ?? { calls: 0, limited: 0 };
      counts[name] = { calls: count.calls + 1, limited: count.limited + (result.status === 429 ? 1 : 0) };
      const { token: _, ...shown } = body;
      deps.traffic.record({ from: 'bot', what: name, body: shown, status: result.status, answer: result.body });
      return result;
    },
  };
}

function failed(error: string, extra: JsonObject = {}): ApiAnswer {
  return { status: 200, body: { ok: false, error, ...extra } };
}

function denied(method: Method, token: string | undefined, tokens: Deps['tokens']): string | undefined {
  if (token === undefined || token === '') return 'not_authed';
  if (token !== tokens.bot && token !== tokens.app) return 'invalid_auth';
  return token === tokens[method.token] ? undefined : 'not_allowed_token_type';
}
