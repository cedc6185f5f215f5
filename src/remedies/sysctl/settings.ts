import { list } from '../../base/format.ts';
import type { SysctlFact } from '../../probes/sysctl/fact.ts';
import type { SysctlFilesFact } from '../../probes/sysctl-files/fact.ts';
import { refusalOf, refusalText } from '../refusals.ts';
import type { ChangeAction } from '../remedy.ts';
import { type BootSetting, bootBasis, bootSetting, placeText } from './boot.ts';
import { DROP_IN_PATH, dropInText } from './drop-in.ts';
import { type SettingKey, valueInForce } from './keys.ts';
import { rewriterRisks } from './obstacles.ts';

/** A value that a key shall have, now and after a restart of the host. */
export interface WantedSetting {
  readonly key: SettingKey;
  readonly value: string;
  /** What it is for, as the drop-in says it: "TIME_WAIT ports that outgoing connections may take over". */
  readonly purpose: string;
  /** Whether a value already does what is wanted. */
  readonly suffices: (value: string) => boolean;
  /** True when the kernel starts with a value that suffices: then no line is needed at boot where none sets the key. */
  readonly isDefault?: boolean;
}

/** How wanted settings are brought about, with what has to be said about it. */
export interface SettingsPlan {
  /** Runtime values in the order in which they were wanted, then the drop-in. Empty = all is in force and kept at boot. */
  readonly actions: readonly ChangeAction[];
  /** Whether the values hold after a restart of the host. */
  readonly persistent: boolean;
  /** What the files say about the keys, for the basis of the plan. */
  readonly bootBasis: Readonly<Record<string, readonly string[]>>;
  /** Files that win over the drop-in, files that it wins over, files that could not be read, programs that may rewrite. */
  readonly risks: readonly string[];
  /** What has to be edited by hand, so that it holds after a restart; empty when nothing has. */
  readonly byHand: readonly string[];
}

interface Judged {
  readonly wanted: WantedSetting;
  readonly boot: BootSetting;
}

/**
 * Only the touched keys are written: at runtime where the value in force does not suffice, and in the drop-in where what is
 * read at boot does not. When a later file wins over one of the keys no drop-in is written at all: half of the settings
 * after a restart may be worse than none. Throws RangeError on a value that is refused always.
 */
export function planSettings(
  wanted: readonly WantedSetting[],
  {
    sysctl,
    files,
    changeId,
  }: { readonly sysctl: SysctlFact; readonly files: SysctlFilesFact; readonly changeId: string },
): SettingsPlan {
  for (const each of wanted) refuseAlways(sysctl, each);
  const judged = wanted.map((each): Judged => ({ wanted: each, boot: bootSetting(files, each.key, each.suffices) }));
  const missing = judged.filter(
    ({ wanted: { isDefault }, boot }) => !boot.suffices && !(isDefault === true && boot.entries.length === 0),
  );
  const conflicts = missing.filter(({ boot }) => boot.later !== undefined);
  const written = conflicts.length > 0 ? [] : missing;
  const byHand = conflicts.map(conflictText);
  return {
    actions: [...wanted.flatMap((each) => runtimeAction(sysctl, each)), ...dropInAction(files, written, changeId)],
    persistent: conflicts.length === 0,
    bootBasis: Object.fromEntries(judged.map(({ wanted: { key }, boot }) => [key, bootBasis(boot)])),
    risks: [
      ...byHand,
      ...written.flatMap(({ wanted: { key }, boot }) => boot.earlier.map((entry) => overriddenText(key, entry))),
      ...unreadableRisk(files),
      ...(written.length > 0 ? rewriterRisks(files) : []),
    ],
    byHand,
  };
}

/** No plan may ask for it: a remedy that does is wrong. */
function refuseAlways(sysctl: SysctlFact, { key, value }: WantedSetting): void {
  const inForce = valueInForce(sysctl, key);
  const refusal = refusalOf(key, value, inForce === null ? null : Number(inForce));
  if (refusal !== undefined) throw new RangeError(refusalText(refusal));
}

function runtimeAction(sysctl: SysctlFact, { key, value, suffices }: WantedSetting): readonly ChangeAction[] {
  const before = valueInForce(sysctl, key);
  return before === null || suffices(before) ? [] : [{ kind: 'sysctl', key, before, after: value }];
}

function dropInAction(files: SysctlFilesFact, written: readonly Judged[], changeId: string): readonly ChangeAction[] {
  if (written.length === 0) return [];
  const settings = written.map(({ wanted: { key, value, purpose } }) => ({ key, value, purpose }));
  const after = dropInText(files.ownDropIn, settings, changeId);
  return [{ kind: 'file', path: DROP_IN_PATH, before: files.ownDropIn, after }];
}

function conflictText({ wanted: { key, value }, boot: { later } }: Judged): string {
  const at = later === undefined ? 'A later file' : placeText(later);
  return `${at} sets ${key} = ${later?.value ?? ''} at boot, after ${DROP_IN_PATH}, so no drop-in is written: put "${key} = ${value}" there, or the change ends with the next restart of the host.`;
}

function overriddenText(key: string, entry: Parameters<typeof placeText>[0]): string {
  return `At boot the drop-in wins over ${placeText(entry)} (${key} = ${entry.value}).`;
}

/** Files that this user may not read may set the same keys. */
function unreadableRisk({ unreadableFiles }: SysctlFilesFact): readonly string[] {
  return unreadableFiles.length === 0 ? [] : [`${list(unreadableFiles)} could not be read and may set the same keys.`];
}
