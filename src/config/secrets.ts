import { OperatorError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { SecretReference } from './schema.ts';

/** How a secret's file is found and read. */
export interface SecretFiles {
  /** A path of the configuration, made absolute. */
  near(path: string): string;
  /** Throws config/unreadable. */
  read(path: string, what: string): string;
}

/** The secret that a reference names; undefined = its environment variable is not set. Throws config/* for its file. */
export function secretOf(reference: SecretReference, { near, read }: SecretFiles): Secret | undefined {
  if ('env' in reference) {
    const value = process.env[reference.env];
    return value ? new Secret(value) : undefined;
  }
  const file = near(reference.file);
  const text = read(file, 'secret').trim();
  if (text !== '') return new Secret(text);
  throw new OperatorError('config/invalid', {
    message: `the secret file ${file} is empty`,
    hint: 'Put the secret into it, and nothing else.',
    location: { file, line: 1, column: 1 },
  });
}
