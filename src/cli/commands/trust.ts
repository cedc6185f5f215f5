import { OperatorError } from '../../base/error.ts';
import { plainText } from '../../base/plain-text.ts';
import type { Asker } from '../../engine/asker.ts';
import type { ShownKey } from '../../engine/host-keys.ts';
import type { Host } from '../../inventory/host.ts';
import { selectHosts } from '../../inventory/selector.ts';
import type { CliDeps, Session } from '../deps.ts';

interface TrustOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly fingerprint?: string;
}

/** What became of one host's key. */
interface Trusted extends Pick<ShownKey, 'type' | 'fingerprint' | 'file'> {
  readonly host: string;
  readonly state: 'added' | 'already trusted';
}

/**
 * `countersign hosts trust HOST…`: shows each host's key, has somebody vouch for it, and adds it to known_hosts. Never takes
 * silence for a yes. Throws ssh/*, request/* or policy/*; keys that were added before stay.
 */
export async function trustHosts(deps: CliDeps, selector: readonly string[], options: TrustOptions): Promise<void> {
  await using session = await deps.openSession(options.config);
  const asker = await session.asker('hosts trust', `hosts:${selector.join(' ')}`);
  const hosts = selectHosts(session.inventory, selector.join(' '));
  const expected = expectedFingerprint(options.fingerprint, hosts);
  const trusted: Trusted[] = [];
  for (const host of hosts) {
    const made = await trustHost({ deps, session, asker, host, expected });
    trusted.push(made);
    if (!options.json) deps.output.line(sentenceOf(made));
  }
  if (options.json) deps.output.line(JSON.stringify(trusted, null, 2));
}

function expectedFingerprint(text: string | undefined, hosts: readonly Host[]): string | undefined {
  if (text === undefined) return undefined;
  if (hosts.length > 1) {
    throw new OperatorError('request/invalid', {
      message: `--fingerprint is that of one host, and ${hosts.length} are named`,
      hint: 'Name one host at a time.',
    });
  }
  const [fingerprint] = /^SHA256:[A-Za-z0-9+/]{43}(?==?$)/.exec(text.trim()) ?? [];
  if (fingerprint !== undefined) return fingerprint;
  throw new OperatorError('request/invalid', {
    message: `"${text}" is not a fingerprint`,
    hint: 'Give it as ssh-keygen -lf prints it: SHA256: and 43 letters, digits, "+" and "/".',
  });
}

interface Trusting {
  readonly deps: CliDeps;
  readonly session: Session;
  readonly asker: Asker;
  readonly host: Host;
  readonly expected: string | undefined;
}

async function trustHost({ deps, session, asker, host, expected }: Trusting): Promise<Trusted> {
  const shown = await deps.hostKeys.look(host, deps.signal);
  const { type, fingerprint, file } = shown;
  const made = { host: host.name, type, fingerprint, file };
  if (expected !== undefined && expected !== fingerprint) throw otherThanExpected(host, shown, expected);
  if (shown.known.kind === 'trusted') return { ...made, state: 'already trusted' };
  if (shown.known.kind !== 'new') throw refusal(host, shown);
  if (expected === undefined) await haveVouched(deps, host, shown);
  await session.engine.trusted({ ...asker, host: host.name, key: { type, fingerprint, file } });
  await deps.hostKeys.trust(host, fingerprint, deps.signal);
  return { ...made, state: 'added' };
}

/** Shows the key and how to compare it, and asks; only "yes" or the fingerprint itself is a yes. */
async function haveVouched({ output }: CliDeps, host: Host, shown: ShownKey): Promise<void> {
  for (const line of describe(host, shown)) output.problem(plainText(line));
  const answer = await output.ask(`Is this the key of ${host.name}? Type yes, or the fingerprint: `);
  if (answer === 'yes' || answer === shown.fingerprint) return;
  throw new OperatorError('request/invalid', {
    message: `the key of ${host.name} was not confirmed, so nothing was trusted`,
    hint:
      answer === undefined
        ? 'Compare it on the host, then give --fingerprint SHA256:… where nobody can answer.'
        : 'Compare it on the host, then answer yes.',
  });
}

function describe({ name, address, port }: Host, { type, fingerprint }: ShownKey): string[] {
  return [
    `${name} (${address} port ${port}) shows the ${type} key`,
    `  ${fingerprint}`,
    `Compare it on the console of the host, not over this connection:`,
    `  ssh-keygen -lf /etc/ssh/ssh_host_${keyFile(type)}_key.pub`,
  ];
}

/** As ssh-keygen -A names the files; sshd(8), FILES. */
function keyFile(type: string): string {
  if (type.startsWith('ecdsa-')) return 'ecdsa';
  return type === 'ssh-rsa' ? 'rsa' : 'ed25519';
}

function refusal({ name }: Host, shown: ShownKey): OperatorError {
  const { known, file, fingerprint, type } = shown;
  const where = 'line' in known ? `${file}:${known.line}` : file;
  if (known.kind === 'revoked') {
    return new OperatorError('ssh/host-key-changed', {
      message: `${name} shows the ${type} key ${fingerprint}, which ${where} marks as @revoked`,
      hint: 'Somebody has withdrawn this key: find out why, and give the host a new one.',
    });
  }
  const other = known.kind === 'different' ? ` the ${known.type} key ${known.fingerprint}` : ' another key';
  return new OperatorError('ssh/host-key-changed', {
    message: `${name} shows the ${type} key ${fingerprint}, but ${where} knows${other} for it; nothing was trusted`,
    hint:
      'Someone may be in between, or the host was installed anew: compare with ssh-keygen -lf on its console. ' +
      `If it was, remove the old key with ssh-keygen -R '${shown.name}' -f ${file} and trust the new one.`,
  });
}

function otherThanExpected({ name }: Host, { type, fingerprint }: ShownKey, expected: string): OperatorError {
  return new OperatorError('ssh/host-key-changed', {
    message: `${name} shows the ${type} key ${fingerprint}, not ${expected}; nothing was trusted`,
    hint: 'Compare with ssh-keygen -lf on the console of the host: a host has a key of each type, and someone may be in between.',
  });
}

function sentenceOf({ host, type, fingerprint, file, state }: Trusted): string {
  return state === 'added'
    ? `${host}: the ${type} key ${fingerprint} is trusted from now on, in ${file}.`
    : `${host}: the ${type} key ${fingerprint} is trusted already, in ${file}.`;
}
