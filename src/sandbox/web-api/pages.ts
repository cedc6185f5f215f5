import type { JsonObject } from '../json.ts';
import { type Args, SlackError } from './call.ts';

/** How long the pages of a method are (docs.slack.dev/apis/web-api/pagination). */
export interface PageSize {
  readonly usual: number;
  readonly max: number;
}

/** One page of a list, and where the next begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  /** Empty after the last page. */
  readonly nextCursor: string;
}

/** The page that `cursor` and `limit` ask for. Throws `invalid_cursor` and `invalid_limit`. */
export function pageOf<T>(all: readonly T[], args: Args, size: PageSize): Page<T> {
  const start = startOf(args);
  const asked = args.text('limit');
  const limit = asked === undefined || asked === '' || asked === '0' ? size.usual : (args.number('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 1) throw new SlackError('invalid_limit');
  const end = start + Math.min(limit, size.max);
  const hasMore = end < all.length;
  return { items: all.slice(start, end), hasMore, nextCursor: hasMore ? cursorAt(end) : '' };
}

/** The part of an answer that carries the cursor. */
export function cursorOf({ nextCursor }: Page<unknown>): JsonObject {
  return { response_metadata: { next_cursor: nextCursor } };
}

function startOf(args: Args): number {
  const cursor = args.text('cursor') ?? '';
  if (cursor === '') return 0;
  const match = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
  if (match === null) throw new SlackError('invalid_cursor');
  return Number(match[1]);
}

function cursorAt(index: number): string {
  return Buffer.from(`next:${index}`).toString('base64');
}
