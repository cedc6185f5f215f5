import { type Logger as BoltLogger, LogLevel } from '@slack/bolt';
import type { Logger } from '../base/logger.ts';

/** Bolt's log lines as debugging only: for what is tried again anyway and told in our own words. */
export function quietBoltLogger({ debug }: Logger): BoltLogger {
  return boltLogger({ debug, info: debug, warn: debug, error: debug });
}

/** Bolt's log lines in ours, as a field, so that they are redacted like everything else. */
export function boltLogger(logger: Logger): BoltLogger {
  const text = (parts: readonly unknown[]): { text: string } => ({ text: parts.map(String).join(' ') });
  return {
    debug: (...parts) => logger.debug('slack', text(parts)),
    info: (...parts) => logger.debug('slack', text(parts)),
    warn: (...parts) => logger.warn('slack', text(parts)),
    error: (...parts) => logger.error('slack', text(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.ERROR,
    setName: () => {},
  };
}
