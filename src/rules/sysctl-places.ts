import { list } from '../base/format.ts';
import type { Facts } from '../probes/registry.ts';
import type { SysctlFileEntry } from '../probes/sysctl-files/fact.ts';
import type { Evidence } from './rule.ts';

/** The lines of sysctl.d files that set a key, in the order in which they are applied: the last one wins at boot. */
export function placesOf(facts: Facts, key: string): readonly SysctlFileEntry[] {
  return (facts['sysctl-files']?.entries ?? []).filter((entry) => entry.key === key);
}

/** `/etc/sysctl.d/99-tuning.conf:3 and /etc/sysctl.conf:1`; at most three. */
export function placesSentence(places: readonly SysctlFileEntry[]): string {
  const more = places.length > 3 ? [`${places.length - 3} more`] : [];
  return list([...places.slice(0, 3).map(({ file, line }) => `${file}:${line}`), ...more]);
}

/** The lines as evidence. */
export function placesEvidence(places: readonly SysctlFileEntry[]): Evidence[] {
  return places.slice(0, 5).map(({ file, line, key, value }) => ({
    label: 'Set at boot',
    value: `${key} = ${value}`,
    source: `${file}:${line}`,
  }));
}
