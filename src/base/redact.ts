/** Replaces secrets in free text before it is stored, logged or shown. */
export type Redact = (text: string) => string;

const HIDDEN = '[redacted]';

/** Shapes of secrets that host output may hold: keys, tokens, credentials in URLs, `password = …` assignments. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{8,}/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}\b/g, HIDDEN],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/g, HIDDEN],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [
    /(\b(?:authorization|proxy-authorization)\b["']?\s*[:= ]\s*["']?(?:bearer|basic|token)\s+)[^\s"';]+/gi,
    `$1${HIDDEN}`,
  ],
  [
    /(\b[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?token)\b["']?\s*[:= ]\s*["']?)[^\s"';{}]{3,}/gi,
    `$1${HIDDEN}`,
  ],
];

/** A redactor that knows these secret values besides the usual shapes. Values under four characters are ignored. */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return clean;
  };
}
