/** This product's own file of kernel settings. */
export const DROP_IN_PATH = '/etc/sysctl.d/60-countersign-net.conf';

const HEADER =
  '# Written by Countersign. Each setting names the change that made it; undo restores what was here before.';
const CHANGE_LINE = /^# Change [\w-]+: /;

/** One line of the drop-in. */
export interface DropInSetting {
  /** With dots: `net.ipv4.tcp_tw_reuse`. */
  readonly key: string;
  readonly value: string;
  /** What the setting is for: "service ports that automatic port assignment skips". */
  readonly purpose: string;
}

/** The drop-in with these settings in their order; other keys and comments in it stay as they are. */
export function dropInText(before: string | null, settings: readonly DropInSetting[], changeId: string): string {
  const kept = withoutKeys(
    (before ?? HEADER).split('\n'),
    settings.map(({ key }) => key),
  );
  while (kept.at(-1)?.trim() === '') kept.pop();
  const lines = settings.flatMap(({ key, value, purpose }) => [
    `# Change ${changeId}: ${purpose}`,
    `${key} = ${value}`,
  ]);
  return `${[...kept, ...lines].join('\n')}\n`;
}

/** A line that sets one of the keys goes, and with it the line above that names the change which made it. */
function withoutKeys(lines: readonly string[], keys: readonly string[]): string[] {
  const sets = (line: string | undefined): boolean => {
    const key = line === undefined ? undefined : keyOf(line);
    return key !== undefined && keys.includes(key);
  };
  return lines.filter((line, index) => !sets(line) && !(CHANGE_LINE.test(line) && sets(lines[index + 1])));
}

/** The key that a line sets, with dots: sysctl.d(5) takes dots and slashes, and an optional `-` before the key. */
function keyOf(line: string): string | undefined {
  return /^\s*-?\s*(net[./][\w./-]+)\s*=/.exec(line)?.[1]?.replaceAll('/', '.');
}
