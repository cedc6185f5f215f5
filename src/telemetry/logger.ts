import { pino } from 'pino';
import type { Logger } from '../base/logger.ts';
import type { Redact } from '../base/redact.ts';

/** A log of JSON lines on stderr; every text field is redacted before it is written. */
export function createLogger(options: {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly redact: Redact;
}): Logger {
  const out = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  const clean = (fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? options.redact(value) : value]),
    );
  return {
    debug: (message, fields) => out.debug(clean(fields), message),
    info: (message, fields) => out.info(clean(fields), message),
    warn: (message, fields) => out.warn(clean(fields), message),
    error: (message, fields) => out.error(clean(fields), message),
  };
}
