import { formatDuration } from '../base/duration.ts';
import { count, formatNumber, list } from '../base/format.ts';
import type { RunHost } from './model.ts';
import { failureWord } from './phrases.ts';
import type { RunOutline } from './view.ts';

/*
 * The sentences about a run that is under way. Hosts that answered are counted; only those that are still asked, or did
 * not answer, are worth a line.
 */

/** Shorter than this at one step is nothing to tell. */
const TOLD_MS = 5000;
/** A host that is behind most others is slow after this, any host after the longer time. */
const SLOW_MS = { behind: 10_000, any: 30_000 };

/** "4 s of about 11 s", "14 s, usually about 11 s", or "4 s" when no run like this one is known. */
export function timeText({ run, usualMs }: RunOutline, now: number): string {
  const took = (run.finishedAt ?? now) - run.createdAt;
  if (run.state !== 'reading' || usualMs === undefined) return formatDuration(took);
  const usual = formatDuration(Math.max(1000, usualMs));
  return took > usualMs
    ? `${formatDuration(took)}, usually about ${usual}`
    : `${formatDuration(took)} of about ${usual}`;
}

/** "38 of 50 hosts answered; 2 unreachable; 8 being asked, 2 waiting." */
export function progressSentence({ hosts }: RunOutline): string {
  const ok = hosts.filter(({ outcome }) => outcome === 'ok').length;
  const reading = hosts.filter(({ state }) => state === 'reading').length;
  const waiting = hosts.filter(({ state }) => state === 'waiting').length;
  const underWay = [
    ...(reading > 0 ? [`${formatNumber(reading)} being asked`] : []),
    ...(waiting > 0 ? [`${formatNumber(waiting)} waiting`] : []),
  ];
  const failed = failuresByKind(hosts).map(({ word, names }) => `${formatNumber(names.length)} ${word}`);
  const parts = [`${formatNumber(ok)} of ${count(hosts.length, 'host')} answered`, ...failed, underWay.join(', ')];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}

/** "web-7 has been at nginx-config (3 of 13) for 12 s.", longest first: hosts that keep a run from its end. */
export function slowSentences(view: RunOutline, probes: readonly string[], now: number): string[] {
  return slowHosts(view, probes, now).map((host) => {
    const at = host.currentStep === null ? 'connecting' : `at ${stepText(host.currentStep, probes)}`;
    return `${host.host} has been ${at} for ${formatDuration(sinceMs(host, now))}.`;
  });
}

/** One line for every host that did not answer, then for every one that is asked and not slow: those are told of anyway. */
export function progressLines(view: RunOutline, probes: readonly string[], now: number): string[] {
  const slow = slowHosts(view, probes, now);
  const failed = view.hosts.filter(({ outcome }) => outcome !== null && outcome !== 'ok');
  const reading = view.hosts.filter((host) => host.state === 'reading' && !slow.includes(host));
  return [...failed, ...reading].map((host) => progressLine(host, probes, now));
}

function progressLine(host: RunHost, probes: readonly string[], now: number): string {
  if (host.state === 'answered') return `${host.host}: ${failureWord(host.outcome)}`;
  const at = host.currentStep === null ? 'connecting' : stepText(host.currentStep, probes);
  const forMs = sinceMs(host, now);
  return `${host.host}: ${at}${forMs < TOLD_MS ? '' : `, for ${formatDuration(forMs)}`}`;
}

/** Hosts that have been at one step for long while most others are further, or for very long. */
function slowHosts({ hosts }: RunOutline, probes: readonly string[], now: number): RunHost[] {
  const places = hosts.map((host) => placeOf(host, probes)).sort((a, b) => a - b);
  const median = places[places.length >> 1] ?? 0;
  return hosts
    .filter((host) => {
      const limit = placeOf(host, probes) < median ? SLOW_MS.behind : SLOW_MS.any;
      return host.state === 'reading' && sinceMs(host, now) >= limit;
    })
    .sort((a, b) => sinceMs(b, now) - sinceMs(a, now));
}

/** How far a host is: 0 = waiting, then the steps in order. */
function placeOf({ state, currentStep }: RunHost, probes: readonly string[]): number {
  if (state === 'answered') return Number.POSITIVE_INFINITY;
  if (state === 'waiting') return 0;
  return currentStep === null ? 1 : 2 + probes.indexOf(currentStep);
}

function sinceMs({ stepSince }: RunHost, now: number): number {
  return stepSince === null ? 0 : Math.max(0, now - stepSince);
}

function stepText(step: string, probes: readonly string[]): string {
  const at = probes.indexOf(step);
  return at === -1 ? step : `${step} (${at + 1} of ${probes.length})`;
}

/** "Ran on 96 of 98 hosts; 2 unreachable: web-7 and web-9.": what a run's words hold for, nobody left out silently. */
export function ranOn({ hosts }: RunOutline): string {
  const ok = hosts.filter(({ outcome }) => outcome === 'ok').length;
  const open = hosts.filter(({ outcome }) => outcome === null).map(({ host }) => host);
  const missing = [
    ...failuresByKind(hosts),
    ...(open.length > 0 ? [{ word: 'not asked to the end', names: open }] : []),
  ].map(({ word, names }) => `${formatNumber(names.length)} ${word}: ${someOf(names)}`);
  return `${[`Ran on ${formatNumber(ok)} of ${count(hosts.length, 'host')}`, ...missing].join('; ')}.`;
}

const NAMED = 60;

function someOf(names: readonly string[]): string {
  const hidden = names.length - NAMED;
  return hidden > 0 ? `${names.slice(0, NAMED).join(', ')} and ${formatNumber(hidden)} more` : list(names);
}

function failuresByKind(hosts: readonly RunHost[]): { readonly word: string; readonly names: string[] }[] {
  const kinds = new Map<string, string[]>();
  for (const { host, outcome } of hosts) {
    if (outcome === null || outcome === 'ok') continue;
    const word = failureWord(outcome);
    kinds.set(word, [...(kinds.get(word) ?? []), host]);
  }
  return [...kinds].map(([word, names]) => ({ word, names }));
}
