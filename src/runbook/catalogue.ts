import type { Probe } from '../probes/probe.ts';
import type { Remedy } from '../remedies/remedy.ts';
import type { Rule } from '../rules/rule.ts';

/** What runbooks may refer to, by name. */
export interface Catalogue {
  readonly probes: ReadonlyMap<string, Probe>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly remedies: ReadonlyMap<string, Remedy>;
}

/** A catalogue of these parts. */
export function createCatalogue(parts: {
  readonly probes: readonly Probe[];
  readonly rules: readonly Rule[];
  readonly remedies: readonly Remedy[];
}): Catalogue {
  return { probes: byId(parts.probes), rules: byId(parts.rules), remedies: byId(parts.remedies) };
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
