import type { NginxConfigFact } from '../../probes/nginx-config/fact.ts';
import { type Edit, insertAt, replaceArgument } from '../nginx-edit/edit.ts';
import { keyOf, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import {
  headerInForce,
  headerLevel,
  httpBelow,
  inForce,
  insertIntoLevel,
  levelForHeaders,
  type Pooled,
} from './levels.ts';
import { locationText, type Passing } from './passing.ts';

/** What has to change at a place so that its connections can be kept; `blocked` says why that cannot be planned. */
export interface Reuse {
  readonly edits: readonly Edit[];
  /** Things that people should know, as sentences. */
  readonly notes: readonly string[];
  readonly blocked: string | null;
  /** The place gets all its header lines itself, the Connection header included. */
  readonly ownHeaders?: boolean;
}

/** What surrounds one place. */
export interface Surroundings {
  /** nginx keeps explicit upstreams' connections by itself (1.29.7). */
  readonly modern: boolean;
  readonly config: NginxConfigFact;
  readonly passings: readonly Passing[];
  readonly pooled: Pooled;
}

/** The edits for the protocol of one place; the Connection header is left out when other edits bring it. */
export function reuseAt(passing: Passing, surroundings: Surroundings, ownHeaders: boolean): Reuse {
  if (passing.protocol === 'fastcgi') return keepFastcgi(passing);
  return ownHeaders ? versionEdit(passing, surroundings) : keepHttp(passing, surroundings);
}

function keepFastcgi(passing: Passing): Reuse {
  const set = inForce(passing, 'fastcgi_keep_conn');
  if (set?.directive.args[0]?.toLowerCase() === 'on') return { edits: [], notes: [], blocked: null };
  const edit = set ? replaceArgument(set, 0, 'on') : insertIntoLevel(passing.location, 'fastcgi_keep_conn on;');
  return edit ? { edits: [edit], notes: [], blocked: null } : cannotPlace(passing);
}

function keepHttp(passing: Passing, surroundings: Surroundings): Reuse {
  const version = versionEdit(passing, surroundings);
  const connection = connectionEdit(passing, surroundings);
  const blocked = version.blocked ?? connection.blocked;
  return { edits: [...version.edits, ...connection.edits], notes: connection.notes, blocked };
}

/** proxy_http_version is inherited plainly, so it goes to the level of the headers where everything below is pooled. */
function versionEdit(passing: Passing, { modern, passings, pooled }: Surroundings): Reuse {
  const set = inForce(passing, 'proxy_http_version');
  if (set && set.directive.args[0] !== '1.0') return NOTHING;
  if (set) return one(replaceArgument(set, 0, '1.1'), passing);
  if (modern) return NOTHING;
  const level = levelForHeaders(passing, passings, pooled);
  const shared = httpBelow(level, passings).every(pooled);
  return one(insertIntoLevel(shared ? level : passing.location, 'proxy_http_version 1.1;'), passing);
}

function connectionEdit(passing: Passing, surroundings: Surroundings): Reuse {
  const { modern, passings, pooled } = surroundings;
  const header = headerInForce(passing, 'connection');
  if (header) return changedConnection(passing, header, surroundings);
  if (modern) return NOTHING;
  const level = levelForHeaders(passing, passings, pooled);
  if (headerLevel(passing) === null && inheritsElsewhere(passing, passings)) {
    const reason = `${placeText(passing.location)} is included in several places, of which only some set proxy_set_header outside of it`;
    return { edits: [], notes: [], blocked: reason };
  }
  return one(insertIntoLevel(level, 'proxy_set_header Connection "";'), passing);
}

/** Whether the same location, included elsewhere, inherits headers there: a line of its own would take them away. */
function inheritsElsewhere({ location }: Passing, passings: readonly Passing[]): boolean {
  return passings.some((other) => keyOf(other.location) === keyOf(location) && headerLevel(other) !== null);
}

function changedConnection(passing: Passing, header: Placed, surroundings: Surroundings): Reuse {
  const value = (header.directive.args[1] ?? '').trim();
  if (value.toLowerCase() === 'close') return one(replaceArgument(header, 1, '""'), passing);
  if (value.toLowerCase() === 'upgrade') {
    const note = `${placeText(header)} sends "Connection: upgrade" with every request. It is left as it is; a map of $http_upgrade would send it only where a client asks for it.`;
    return { edits: [], notes: [note], blocked: null };
  }
  const variable = /^\$\{?(\w+)\}?$/.exec(value)?.[1];
  return variable === undefined ? NOTHING : mapEdit(passing, variable, surroundings);
}

/** The line of the map that decides for plain requests, which send no Upgrade header. */
function mapEdit(passing: Passing, variable: string, { config }: Surroundings): Reuse {
  const http = passing.levels.at(-1);
  const maps = named(http?.children ?? [], 'map').filter(({ directive }) => directive.args[1] === `$${variable}`);
  const [map] = maps;
  if (!map) return otherMap(config, variable);
  const plain = named(map.children, '').at(-1);
  const deciding = plain ?? named(map.children, 'default').at(-1);
  if (deciding?.directive.args[0]?.trim().toLowerCase() !== 'close') return NOTHING;
  if (plain) return one(replaceArgument(plain, 0, "''"), passing);
  const context = [map.directive.line];
  return {
    edits: [insertAt(deciding.file, deciding.directive.after, "'' '';", { context })],
    notes: [],
    blocked: null,
  };
}

/** A map of something else than $http_upgrade: which of its lines is for plain requests cannot be told. */
function otherMap({ connectionMaps }: NginxConfigFact, variable: string): Reuse {
  const map = connectionMaps.find((known) => known.variable === variable);
  if (map?.emptyValue?.trim().toLowerCase() !== 'close') return NOTHING;
  const place = map.emptyPlace ?? map;
  const reason = `${place.file}:${place.line} sends "Connection: close" by a map that does not read $http_upgrade`;
  return { edits: [], notes: [], blocked: reason };
}

const NOTHING: Reuse = { edits: [], notes: [], blocked: null };

function one(edit: Edit | null, passing: Passing): Reuse {
  return edit ? { edits: [edit], notes: [], blocked: null } : cannotPlace(passing);
}

function cannotPlace(passing: Passing): Reuse {
  return {
    edits: [],
    notes: [],
    blocked: `no place was found for a line in ${locationText(passing)} (${placeText(passing.pass)})`,
  };
}

/** Places without a pool that the change tells to keep connections, too, which nginx then closes itself. */
export function bystanders({ modern, passings, pooled }: Surroundings): readonly Passing[] {
  const changed = passings.filter((passing) => passing.protocol === 'http' && pooled(passing));
  const speaksOld = (passing: Passing): boolean => {
    const version = inForce(passing, 'proxy_http_version')?.directive.args[0];
    return version === undefined ? !modern : version === '1.0';
  };
  return passings.filter(
    (passing) =>
      passing.protocol === 'http' &&
      !pooled(passing) &&
      changed.some((other) => nestedIn(passing, other) || (!speaksOld(passing) && sharesConnection(passing, other))),
  );
}

function nestedIn(passing: Passing, outer: Passing): boolean {
  const inside = passing.levels.indexOf(outer.location) > 0;
  return inside && headerLevel(passing) === headerLevel(outer);
}

function sharesConnection(passing: Passing, other: Passing): boolean {
  const level = headerLevel(passing);
  if (level !== null && level === headerLevel(other)) return true;
  const value = headerInForce(passing, 'connection')?.directive.args[1] ?? '';
  return value.startsWith('$') && value === headerInForce(other, 'connection')?.directive.args[1];
}
