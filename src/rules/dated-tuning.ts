import { count } from '../base/format.ts';
import { plainText, shorten } from '../base/plain-text.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';
import { type DatedSetting, datedSettings } from './dated-settings.ts';
import { defineRule, type Evidence, type Finding } from './rule.ts';

const ID = 'dated-tuning';
const SPELLED = 3;

/** F14: files set kernel settings that old advice about TIME_WAIT recommends. */
export const datedTuningRule = defineRule({
  id: ID,
  code: 'F14',
  title: 'Dated settings about TIME_WAIT',
  needs: ['sysctl-files', 'sysctl'],
  thresholds: {},
  evaluate: ({ facts }): readonly Finding[] => {
    const { sysctl, 'sysctl-files': files } = facts;
    if (sysctl === undefined || files === undefined) return [];
    const dated = datedSettings(files.entries, sysctl);
    return dated.length === 0 ? [] : [finding(dated, sysctl, files.unreadableFiles)];
  },
});

function finding(dated: readonly DatedSetting[], sysctl: SysctlFact, unreadable: readonly string[]): Finding {
  const harmful = dated.filter(({ severity }) => severity === 'warning');
  const shown = [...harmful, ...dated.filter((setting) => !harmful.includes(setting))];
  const more = shown.length - SPELLED;
  return {
    rule: ID,
    severity: harmful.length > 0 ? 'warning' : 'info',
    title: harmful.length > 0 ? 'Dated settings about TIME_WAIT do harm' : 'Dated settings about TIME_WAIT',
    explanation: [
      ...shown.slice(0, SPELLED).map((setting) => `${at(setting)}: ${words(setting)}.`),
      ...(more > 0 ? [`${count(more, 'more line')} of this kind ${more === 1 ? 'is' : 'are'} in the evidence.`] : []),
    ],
    evidence: [
      ...shown
        .slice(0, 20)
        .map((setting): Evidence => ({ label: 'Dated setting', value: words(setting), source: at(setting) })),
      ...inForce(dated, sysctl),
    ],
    notConcluded: [
      'These lines are not the cause of TIME_WAIT, and none of them is a cure.',
      'A line in a file is in force only from the next boot or sysctl --system on; what is in force now is in the evidence.',
      ...(unreadable.length === 0 ? [] : [`${count(unreadable.length, 'file')} could not be read and may set more.`]),
    ],
    confidence: 'high',
    groupKey: `${ID}:${dated.map(({ entry }) => `${entry.file}:${entry.line}:${entry.key}=${entry.value}`).join(',')}`,
  };
}

function at({ entry: { file, line } }: DatedSetting): string {
  return `${file}:${line}`;
}

function words({ text }: DatedSetting): string {
  return shorten(plainText(text), 300);
}

/** The values in force of the keys that are named. */
function inForce(dated: readonly DatedSetting[], sysctl: SysctlFact): Evidence[] {
  const values: Readonly<Record<string, number | null>> = {
    tcp_tw_recycle: sysctl.tcpTwRecycle,
    tcp_fin_timeout: sysctl.tcpFinTimeoutSeconds,
    tcp_max_tw_buckets: sysctl.tcpMaxTwBuckets,
    tcp_timestamps: sysctl.tcpTimestamps,
  };
  const named = new Set(dated.map(({ entry }) => entry.key.replace(/^net\.ipv4\./, '')));
  return Object.entries(values)
    .filter(([name]) => named.has(name))
    .map(([name, value]) => ({
      label: `${name} in force`,
      value: value ?? 'absent',
      source: `/proc/sys/net/ipv4/${name}`,
    }));
}
