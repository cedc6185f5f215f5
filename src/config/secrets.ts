import { OperatorError, type SourceLocation } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { SecretReference } from './schema.ts';

/** How a secret's file is found and read. */
export interface SecretFiles {
  /** A path of the configuration, made absolute. */
  near(path: string): string;
  /** Throws config/unreadable. */
  read(path: string, what: string): string;
}

/** What Slack's tokens and secrets are made of, and what an HTTP header may hold. */
const ONE_WORD = /^[\x21-\x7e]+$/;

/**
 * The secret that a reference names, without the white space around it; undefined = its environment variable is not set.
 * Throws config/*, without the secret.
 */
export function secretOf(reference: SecretReference, { near, read }: SecretFiles): Secret | undefined {
  if ('env' in reference) {
    const value = process.env[reference.env]?.trim();
    return value ? oneWord(value, `the environment variable ${reference.env}`) : undefined;
  }
  const file = near(reference.file);
  const text = read(file, 'secret').trim();
  if (text !== '') return oneWord(text, `the secret file ${file}`, { file, line: 1, column: 1 });
  throw new OperatorError('config/invalid', {
    message: `the secret file ${file} is empty`,
    hint: 'Put the secret into it, and nothing else.',
    location: { file, line: 1, column: 1 },
  });
}

/** Anything else could never be sent, and the error that says so would show it. */
function oneWord(text: string, place: string, location?: SourceLocation): Secret {
  if (ONE_WORD.test(text)) return new Secret(text);
  throw new OperatorError('config/invalid', {
    message: `${place} does not hold one secret alone: a space, a line break or a letter is in it that no secret of Slack has`,
    hint: 'Put the secret into it, and nothing else.',
    ...(location ? { location } : {}),
  });
}
