const CHARACTERS: Readonly<Record<string, string>> = {
  white_check_mark: '✅',
  heavy_check_mark: '✔️',
  x: '❌',
  no_entry: '⛔',
  warning: '⚠️',
  rotating_light: '🚨',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  large_blue_circle: '🔵',
  red_circle: '🔴',
  white_circle: '⚪',
  information_source: 'ℹ️',
  eyes: '👀',
  lock: '🔒',
  mag: '🔍',
  wrench: '🔧',
  arrow_right: '➡️',
  leftwards_arrow_with_hook: '↩️',
  books: '📚',
  memo: '📝',
  wave: '👋',
  '+1': '👍',
  '-1': '👎',
};

/** An emoji by Slack's short name; names that the page does not know stay as they were typed. */
export function emojiText(name: string): string {
  return CHARACTERS[name] ?? `:${name}:`;
}
