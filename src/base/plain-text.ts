/*
 * What a terminal or a chat client could act on: ANSI escapes (ECMA-48, and OSC as in xterm's ctlseqs), C0 and C1
 * controls, invisible and direction-changing characters (Unicode category Cf), halves of surrogate pairs. A sequence that
 * takes text along has to be ended on its line, before any other begins: an unended one would otherwise hide everything
 * after it, and looking for its end again and again would be slow.
 */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f\n]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Host output as harmless text: no escapes, no controls but tab and newline, no invisible or direction-changing characters. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(SEQUENCES, '').replace(CONTROLS, '');
}

/** The text cut to at most `max` UTF-16 units, never inside a character, with a visible mark when something was cut. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > max - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
