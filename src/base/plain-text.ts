/* What a terminal or a chat client could act on: ANSI escapes (ECMA-48), C0/C1 controls, bidirectional overrides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const ANSI =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Host output as harmless text: no escapes, no controls but tab and newline, no invisible or direction-changing characters. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(ANSI, '').replace(CONTROLS, '');
}

/** The first `max` characters, with a visible mark when something was cut. */
export function shorten(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, Math.max(0, max - 1)).join('')}…`;
}
