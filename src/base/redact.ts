/** Replaces secrets in free text before it is stored, logged or shown. */
export type Redact = (text: string) => string;

const HIDDEN = '[redacted]';

/*
 * Every pattern is linear in the text: none begins with a repetition, so a hostile output cannot make it slow. Names of
 * variables (`$http_authorization`) are kept: configuration that refers to a secret is not the secret.
 */
const VARIABLE = String.raw`["']?\$\{?[A-Za-z_]\w*\}?(?![^\s"';,)])`;
const NAME =
  '(?<!/)(?:password|passwd|passphrase|secret|(?:api|access|private)[_-]?key|(?:access|auth|refresh|session)[_-]?token)';
const SUFFIX = '(?:[_-](?:key|base|access)){0,3}';
const VALUE = String.raw`(?!${VARIABLE})(?:"(?:[^"\\\n]|\\.)+"|'[^'\n]+'|["']?[^\s"';{},]+)`;

/*
 * Statements of nginx, by the names that people give to what is secret. A value that is variables alone is none.
 */
const SECRET_WORD =
  '(?:auth|token|secret|cookie|passw?|credential|bearer|jwt|signature|api-?key|(?<![a-z])key(?![a-z]))';
const SECRET_NAME = String.raw`[\w-]{0,40}?${SECRET_WORD}[\w-]{0,40}`;
const REFERENCE = String.raw`["']?(?:(?:bearer|basic|token)\s+)?(?:\$\{?\w+\}?|\[redacted\])["']?\s*[;)]`;
const LITERAL = String.raw`(?!${REFERENCE})(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:[^\s"';{}()\\]|\\.)+)`;

const NGINX_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(
      String.raw`((?:(?:proxy|grpc)_set_header|add_header|(?:fastcgi|uwsgi|scgi)_param)\s+["']?${SECRET_NAME}["']?\s+)${LITERAL}`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
  [new RegExp(String.raw`(\b(?:set|js_var)\s+\$${SECRET_NAME}\s+)${LITERAL}`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(String.raw`(\bsecure_link_(?:md5|secret|hmac_secret)\s+)${LITERAL}`, 'gi'), `$1${HIDDEN}`],
  // `if ($http_x_token != value)`
  [
    new RegExp(String.raw`(\(\s*"?\$(?:http|arg|cookie)_${SECRET_NAME}"?\s+!?[=~]\*?\s*)${LITERAL}`, 'gi'),
    `$1${HIDDEN}`,
  ],
  // What a table of keys or tokens holds.
  [
    new RegExp(String.raw`(\bmap\s+"?\$(?:http|arg|cookie)_${SECRET_NAME}"?\s+\$\w+\s*\{)[^{}]{1,20000}`, 'gi'),
    `$1 ${HIDDEN} `,
  ],
  [/(["'](?:basic|bearer)\s+)[^\s"'$]{6,}(?=["'])/gi, `$1${HIDDEN}`],
  [new RegExp(String.raw`([?&](?:${SECRET_NAME}|key|sig)=)[^\s&;"'$]+`, 'gi'), `$1${HIDDEN}`],
];

/** Shapes of secrets that host output may hold: keys, tokens, credentials in URLs and headers, `password = …` assignments. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{8,}/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,}/g, HIDDEN],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/g, HIDDEN],
  [/(:\/\/[^\s/:@]{0,200}:)[^\s/@]+@/g, `$1${HIDDEN}@`],
  [new RegExp(String.raw`(authorization["']?[\s:=]+["']?(?:bearer|basic|token)\s+)${VALUE}`, 'gi'), `$1${HIDDEN}`],
  // `name = value` and `name: value`, and the option `--name value`.
  [new RegExp(String.raw`(${NAME}${SUFFIX}["']?\s*[:=]\s*)${VALUE}`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(String.raw`(--[\w-]{0,40}${NAME}${SUFFIX}\s+)${VALUE}`, 'gi'), `$1${HIDDEN}`],
  // `proxy_set_header X-Api-Key value;`: a statement of nginx.
  [new RegExp(String.raw`(${NAME}${SUFFIX}\s+)${VALUE}(?=\s*;)`, 'gi'), `$1${HIDDEN}`],
  ...NGINX_PATTERNS,
];

/** A redactor that knows these secret values besides the usual shapes. Values under four characters are ignored. */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets
    .filter((secret) => secret.length >= 4 && !HIDDEN.includes(secret))
    .sort((a, b) => b.length - a.length);
  const pass = (text: string): string => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return clean;
  };
  return (text) => {
    let clean = pass(text);
    // What one pass hides may uncover another assignment right behind it.
    for (let again = 0; again < MAX_PASSES && clean !== text; again++) {
      const cleaner = pass(clean);
      if (cleaner === clean) return clean;
      clean = cleaner;
    }
    return clean;
  };
}

const MAX_PASSES = 10;
