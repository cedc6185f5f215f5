import type { Token } from './tokenize.ts';

/** Tools by the words of the headers that they put on what they write. */
const TOOLS: readonly (readonly [RegExp, string])[] = [
  [/\bansible\b/i, 'Ansible'],
  [/\bpuppet\b/i, 'Puppet'],
  [/\bchef\b/i, 'Chef'],
  [/\bsalt(?:stack)?\b/i, 'Salt'],
  [/\bcloud-init\b/i, 'cloud-init'],
  [/\bcertbot\b/i, 'Certbot'],
  [/\bplesk\b/i, 'Plesk'],
  [/\bcpanel\b/i, 'cPanel'],
  [/\bterraform\b/i, 'Terraform'],
  [/\bingress-nginx\b|\bkubernetes\b/i, 'Kubernetes'],
];

/** What a header says when a program wrote the file; without the name of a known tool it is some program. */
const HEADER =
  /\bmanaged by\b|\w[ _-]managed\b|\b(?:auto-?|automatically )?generated\b|\b(?:do not|don't) (?:edit|modify|change|touch)\b|\bmaintained by\b|\bcontrolled by\b/i;

/** A sentence that takes it back: "no longer managed by Puppet". */
const DENIED = /\b(?:not|no longer|never|un)[ -]?(?:be(?:en)? )?(?:managed|generated|maintained|controlled)\b/i;

/** Folders that belong to a tool: a ConfigMap's mount, Plesk's and cPanel's own, cloud-init's instance data. */
const FOLDERS: readonly (readonly [RegExp, string])[] = [
  [/\/\.\.(?:data|\d{4}_\d\d_\d\d_[\d_.]+)\//, 'Kubernetes'],
  [/^\/var\/www\/vhosts\/system\/|\/plesk\.conf\.d\//, 'Plesk'],
  [/^\/(?:var|usr\/local)\/cpanel\//, 'cPanel'],
  [/^\/var\/lib\/cloud\//, 'cloud-init'],
];

/**
 * Which program writes a file, from where it lies and from the comments above its first directive; null when people do.
 * Certbot marks the lines it wrote instead (`# managed by Certbot`), wherever they stand.
 */
export function managedBy(path: string, text: string, tokens: readonly Token[]): string | null {
  const folder = FOLDERS.find(([pattern]) => pattern.test(path))?.[1];
  if (folder) return folder;
  const comments = tokens.filter(({ kind }) => kind === 'comment');
  const first = tokens.find(({ kind }) => kind === 'word')?.start ?? text.length;
  const header = comments
    .filter(({ start }) => start < first)
    .map(({ start, end }) => text.slice(start, end))
    .join('\n');
  const claim = header.split('\n').find((line) => HEADER.test(line) && !DENIED.test(line));
  if (claim !== undefined) return TOOLS.find(([pattern]) => pattern.test(header))?.[1] ?? 'a program';
  const certbot = comments.some(({ start, end }) => /# managed by Certbot\s*$/i.test(text.slice(start, end)));
  return certbot ? 'Certbot' : null;
}
