import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { JsonObject } from '../json.ts';

/** A file on its way into the workspace or already in it. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly altText: string;
  /** The length that was announced, in bytes. */
  readonly announcedBytes: number;
  readonly bytes?: Uint8Array;
  readonly completed: boolean;
}

/** All files of the workspace. */
export interface Files {
  /** Announces a file and gives the ticket under which its bytes may be sent once. */
  announce(file: { name: string; bytes: number; altText: string }): { file: StoredFile; ticket: string };
  /** Takes the bytes in; undefined when the ticket is unknown or used. */
  upload(ticket: string, bytes: Uint8Array): StoredFile | undefined;
  find(id: string): StoredFile | undefined;
  complete(id: string, title: string | undefined): StoredFile | undefined;
  clear(): void;
}

/** No files yet. */
export function createFiles(deps: { ids: Ids }): Files {
  const files = new Map<string, StoredFile>();
  const tickets = new Map<string, string>();
  function update(id: string, change: Partial<StoredFile>): StoredFile | undefined {
    const file = files.get(id);
    if (file === undefined) return undefined;
    const next = { ...file, ...change };
    files.set(id, next);
    return next;
  }
  return {
    announce: ({ name, bytes, altText }) => {
      const id = `F${deps.ids.nonce().slice(0, 10).toUpperCase()}`;
      const file = { id, name, title: name, altText, announcedBytes: bytes, completed: false };
      files.set(id, file);
      const ticket = deps.ids.nonce();
      tickets.set(ticket, id);
      return { file, ticket };
    },
    upload: (ticket, bytes) => {
      const id = tickets.get(ticket);
      tickets.delete(ticket);
      return id === undefined ? undefined : update(id, { bytes });
    },
    find: (id) => files.get(id),
    complete: (id, title) => update(id, { completed: true, ...(title !== undefined && { title }) }),
    clear: () => {
      files.clear();
      tickets.clear();
    },
  };
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  json: 'application/json',
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/plain',
  csv: 'text/csv',
  html: 'text/html',
};

/** The media type that a file's name suggests. */
export function mimeTypeOf(name: string): string {
  return MIME_TYPES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

/** A file as Slack's API and messages show it. */
export function wireFile(file: StoredFile, clock: Clock): JsonObject {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    alt_txt: file.altText,
    mimetype: mimeTypeOf(file.name),
    filetype: file.name.split('.').at(-1) ?? '',
    size: file.bytes?.length ?? file.announcedBytes,
    mode: 'hosted',
    created: Math.floor(clock.now() / 1000),
  };
}
