import { count } from '../base/format.ts';
import type { ChangeAction, HostPlan, ShownLine } from '../remedies/remedy.ts';
import type { HostName } from '../base/ids.ts';

/** One line of a diff: kept, taken out or put in. */
interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** 1-based number in the file as it is now, where it is known. */
  readonly line?: number;
}

/** What one action does, as people read it. */
export interface ActionDiff {
  /** "net.ipv4.ip_local_reserved_ports (in force now)" or "/etc/sysctl.d/60-countersign-net.conf (new file)". */
  readonly target: string;
  readonly lines: readonly DiffLine[];
}

/** Hosts on which the same actions are planned. */
export interface PlanGroup {
  readonly hosts: readonly HostName[];
  readonly diffs: readonly ActionDiff[];
  readonly predicted: readonly string[];
  readonly risks: readonly string[];
  readonly proof: readonly string[];
}

/** How many hosts are told of one by one where what is said of them differs, and where the others are to be read. */
export interface Abridgement {
  readonly hosts: number;
  readonly rest: string;
}

/** Plans by what they do: equal changes are shown once, with all their hosts; what is said of them differently, by host. */
export function groupPlans(plans: readonly HostPlan[], abridged?: Abridgement): PlanGroup[] {
  const groups = new Map<string, HostPlan[]>();
  for (const plan of plans) {
    const key = JSON.stringify(plan.actions);
    groups.set(key, [...(groups.get(key) ?? []), plan]);
  }
  return [...groups.values()].flatMap((members): PlanGroup[] => {
    const [first] = members;
    if (!first) return [];
    return [
      {
        hosts: members.map(({ host }) => host),
        diffs: first.actions.map(diffOf),
        predicted: saidOf(members, abridged, ({ predicted }) => predicted),
        risks: saidOf(members, abridged, ({ risks }) => risks),
        proof: saidOf(members, abridged, ({ proof }) => proof),
      },
    ];
  });
}

/** What is said of several hosts: each host's own, of many hosts the first few, then what they have in common. */
function saidOf(
  members: readonly HostPlan[],
  abridged: Abridgement | undefined,
  pick: (plan: HostPlan) => readonly string[],
): string[] {
  const shared = [...new Set(members.flatMap(pick))].filter((sentence) =>
    members.every((plan) => pick(plan).includes(sentence)),
  );
  const own = members.flatMap((plan) => {
    const sentences = pick(plan).filter((sentence) => !shared.includes(sentence));
    return sentences.length === 0 ? [] : [`${plan.host}: ${sentences.join(' ')}`];
  });
  const hidden = abridged ? own.length - abridged.hosts : 0;
  if (!abridged || hidden <= 0) return [...own, ...shared];
  const rest = `And ${count(hidden, 'more host')}, with other numbers: ${abridged.rest}.`;
  return [...own.slice(0, abridged.hosts), rest, ...shared];
}

/** The exact difference that an action makes. */
function diffOf(action: ChangeAction): ActionDiff {
  switch (action.kind) {
    case 'sysctl':
      return {
        target: `${action.key} (in force at once)`,
        lines: [
          { sign: '-', text: action.before === '' ? '(empty)' : action.before },
          { sign: '+', text: action.after },
        ],
      };
    case 'file':
      return fileDiff(action.path, action.before, action.after);
    case 'edit':
      return { target: action.path, lines: action.shown.map(shownLine) };
    case 'nginx':
      return { target: `then ${nginxLine(action)} -t, and only if it passes, -s reload`, lines: [] };
  }
}

function fileDiff(path: string, before: string | null, text: string): ActionDiff {
  const after = linesOf(text);
  if (before === null) return { target: `${path} (new file)`, lines: after.map((line) => ({ sign: '+', text: line })) };
  return { target: path, lines: lineDiff(linesOf(before), after) };
}

function shownLine({ mark, line, text }: ShownLine): DiffLine {
  return line === null ? { sign: mark, text } : { sign: mark, text, line };
}

function nginxLine({ binary, conf, prefix }: Extract<ChangeAction, { kind: 'nginx' }>): string {
  return [binary, ...(conf === null ? [] : ['-c', conf]), ...(prefix === null ? [] : ['-p', prefix])].join(' ');
}

/** A diff's lines as text, numbered where the numbers are known: `  12   upstream app {`, `     + keepalive 32;`. */
export function diffText(lines: readonly DiffLine[]): string[] {
  const width = Math.max(0, ...lines.map(({ line }) => String(line ?? '').length));
  const numbered = lines.some(({ line }) => line !== undefined);
  return lines.map(
    ({ sign, text, line }) => `${numbered ? `${String(line ?? '').padStart(width)} ` : ''}${sign} ${text}`,
  );
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** Longest common subsequence by lines; the files are small. */
function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  const common = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, young] = [before[i], after[j]];
    if (old !== undefined && old === young) {
      lines.push({ sign: ' ', text: old });
      i++;
      j++;
    } else if (old !== undefined && (young === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      lines.push({ sign: '-', text: old });
      i++;
    } else {
      lines.push({ sign: '+', text: young ?? '' });
      j++;
    }
  }
  return lines;
}

function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = table[i];
      if (!row) continue;
      row[j] =
        before[i] === after[j] ? (table[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
