import { type JsonObject, parseJson } from '../json.ts';

/** A refusal in Slack's words: it answers HTTP 200 with `ok: false` and this error. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly error: string;
  readonly extra: JsonObject;

  constructor(error: string, extra: JsonObject = {}) {
    super(error);
    this.error = error;
    this.extra = extra;
  }
}

/** The arguments of one Web API call. Forms carry objects as JSON text, JSON bodies carry them as they are. */
export interface Args {
  /** Throws `invalid_arguments` when it is missing or empty. */
  required(name: string): string;
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  /** An object or a list, undefined when absent, and text when it is not JSON. */
  json(name: string): unknown;
}

/** One method of the Web API. */
export interface Method {
  /** Slack's rate limit tier, docs.slack.dev/apis/web-api/rate-limits. */
  readonly tier: 'tier1' | 'tier2' | 'tier3' | 'tier4' | 'posting' | 'special';
  readonly token: 'bot' | 'app';
  /** One of these is enough; none means that every token may call it. */
  readonly scopes: readonly string[];
  run(args: Args): JsonObject;
}

/** Methods by name. */
export type Methods = Readonly<Record<string, Method>>;

/** Slack's answer to arguments that it cannot use. */
export function invalidArguments(messages: readonly string[]): SlackError {
  return new SlackError('invalid_arguments', {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}

/** Arguments from a parsed body. */
export function createArgs(body: JsonObject): Args {
  function text(name: string): string | undefined {
    const value = body[name];
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return typeof value === 'string' ? value : undefined;
  }
  function json(name: string): unknown {
    const value = body[name];
    return typeof value === 'string' && value !== '' ? (parseJson(value) ?? value) : value;
  }
  return {
    text,
    json,
    required: (name) => {
      const value = text(name);
      if (value === undefined || value === '') throw invalidArguments([`missing required field: ${name}`]);
      return value;
    },
    number: (name) => {
      const value = Number(text(name) ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    },
    flag: (name) => ['true', '1'].includes(text(name) ?? ''),
  };
}
