import { parseAddress } from '../endpoint.ts';
import type { Backend, ConfigPlace, Placed } from './fact.ts';
import type { ResolvedDirective } from './resolve.ts';

/** Where a directive stands. */
export function placeOf(directive: ResolvedDirective): ConfigPlace {
  return { file: directive.file, line: directive.line };
}

/** A directive's first word with its place; null when there is no directive or no word. */
export function placedText(directive: ResolvedDirective | null): Placed<string> | null {
  const [value] = directive?.args ?? [];
  return directive && value !== undefined ? { ...placeOf(directive), value } : null;
}

/** A directive's first word as a number; null when it is absent or no number. */
export function placedNumber(directive: ResolvedDirective | null): Placed<number> | null {
  const text = placedText(directive);
  return text && /^\d{1,15}$/.test(text.value) ? { ...text, value: Number(text.value) } : null;
}

/** A directive's first word as a time in milliseconds; null when it is absent or no time. */
export function placedTimeMs(directive: ResolvedDirective | null): Placed<number> | null {
  const text = placedText(directive);
  const value = text && timeMs(text.value);
  return text && typeof value === 'number' ? { ...text, value } : null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  '': 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/** A time as nginx writes it (`75`, `75s`, `1m 30s`, `500ms`) in milliseconds; null when it is none (nginx.org/en/docs/syntax.html). */
export function timeMs(text: string): number | null {
  if (!/^(?:\d{1,12}(?:ms|[smhdwMy])\s*)*(?:\d{1,12})?$/.test(text) || text === '') return null;
  return [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)].reduce(
    (sum, [, amount = '0', unit = '']) => sum + Number(amount) * (UNIT_MS[unit] ?? 0),
    0,
  );
}

/** Address and port of `127.0.0.1:8080`, `[::1]`, `app.internal`, `8080`; null for unix sockets and variables. */
export function endpointOf(text: string, defaultPort: number): Backend['endpoint'] {
  if (text.startsWith('unix:') || text.includes('$') || text === '') return null;
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = bracketed ?? /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  if (!plain) return null;
  const address = plain[1] ?? '';
  return {
    address: parseAddress(address) ?? address.toLowerCase(),
    port: plain[2] === undefined ? defaultPort : Number(plain[2]),
  };
}
