import type { ConfigPlace } from '../probes/nginx-config/fact.ts';
import { type BackendTraffic, placeText } from './backend-traffic.ts';
import type { Gap, Pooling } from './pooling.ts';
import type { Evidence } from './rule.ts';

const SHOWN = 3;

/** The configuration lines to blame for these backends, each once, in the order of the file. */
export function gapsOf(backends: readonly BackendTraffic[], states: readonly Pooling['state'][]): Gap[] {
  const poolings = backends.flatMap((traffic) => traffic.poolings).filter(({ state }) => states.includes(state));
  const gaps = new Map(poolings.flatMap((pooling) => pooling.gaps).map((gap) => [`${key(gap)} ${gap.text}`, gap]));
  return [...gaps.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** Lines with what they lack as one sentence; at most three are spelled out. */
export function gapsSentence(gaps: readonly Gap[]): string {
  const spelled = gaps.slice(0, SHOWN).map((gap) => `${placeText(gap)}: ${gap.text}`);
  const more = gaps.length - spelled.length;
  return `${spelled.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}

/** Lines as evidence. */
export function gapsEvidence(gaps: readonly Gap[]): Evidence[] {
  return gaps.slice(0, 12).map((gap) => ({ label: 'nginx configuration', value: gap.text, source: key(gap) }));
}

/** The same on hosts whose configuration lacks the same at the same places. */
export function gapsKey(gaps: readonly Gap[]): string {
  return gaps.map((gap) => `${gap.kind}@${key(gap)}`).join(',');
}

function key({ file, line }: ConfigPlace): string {
  return `${file}:${line}`;
}
