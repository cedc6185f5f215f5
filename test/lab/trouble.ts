import { basename } from 'node:path';
import { expect } from 'vitest';
import { attemptSentences, changeSentences } from '../../src/engine/phrases.ts';
import type { ProposalView, RunView } from '../../src/engine/view.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProduct } from '../helpers/lab-product.ts';
import { sleep } from './look.ts';

/** What `reserve-service-ports` writes at boot's side. */
export const DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';

/** Runs a script as root inside a host; throws when it fails. */
export async function must(lab: Lab, host: string, script: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.exec(host, ['sh', '-ec', script, 'sh', ...args]);
  if (code !== 0) throw new Error(`${host}: ${script}: ${stderr.trim() || `exit status ${code}`}`);
  return stdout.trim();
}

/**
 * All that changes can write on a host: each file below /etc/nginx and /etc/sysctl.d, hidden ones as well, with mode,
 * owner and digest, and the reserved ports. The same text before and after means that nothing was changed or left.
 */
export function stateOf(lab: Lab, host: string): Promise<string> {
  return must(lab, host, STATE);
}

const STATE = `
find /etc/nginx /etc/sysctl.d ! -type d -printf '%p %y %m %U:%G %s %l\\n' | sort
find /etc/nginx /etc/sysctl.d -type f -print0 | sort -z | xargs -0 -r sha256sum
cat /proc/sys/net/ipv4/ip_local_reserved_ports
`;

/** The reserved ports of a host. */
export function reservedOf(lab: Lab, host: string): Promise<string> {
  return must(lab, host, 'cat /proc/sys/net/ipv4/ip_local_reserved_ports');
}

/** What nginx of a host answers to one request for the first service. */
export async function answerOf(lab: Lab, host: string): Promise<string> {
  const address = lab.hosts.find(({ name }) => name === host)?.address;
  const response = await fetch(`http://${address}/app/`, { signal: AbortSignal.timeout(5000) });
  return `${response.status} ${(await response.text()).trim()}`;
}

/** The answer of a host that serves. */
export const SERVED = '200 service on 8080: ok';

/** How often the reserved ports of a host were written, by sudo's own log. */
export async function writesOf(lab: Lab, host: string): Promise<number> {
  const log = (await must(lab, host, 'cat /var/log/sudo.log')).replaceAll(/\n +/g, ' ');
  return log.split('COMMAND=/usr/bin/tee /proc/sys/net/ipv4/ip_local_reserved_ports').length - 1;
}

/** A program of a host that stops where it is told to, so that a test can act in the middle of a change. */
export interface Gate extends AsyncDisposable {
  /** Resolves when the program has come to it so many times; once by default. */
  reached(times?: number): Promise<void>;
  /** Lets the program go on, now and from now on. */
  open(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** From now on a program, by its path, waits on this host before it does what has these words among its arguments. */
export async function gateAt(lab: Lab, host: string, path: string, words: string): Promise<Gate> {
  const program = basename(path);
  await must(lab, host, GATE, program, words, path);
  const open = async (): Promise<void> => {
    await lab.exec(host, ['rm', '-f', `/run/lab/gate-${program}/closed`]);
  };
  return {
    reached: (times = 1) =>
      eventually(
        async () => (await linesOf(lab, host, `/run/lab/gate-${program}/reached`)) >= times,
        `${host}: ${program} was not run`,
      ),
    open,
    [Symbol.asyncDispose]: open,
  };
}

/** The program is mounted over in the host's own mounts, so the machine and other hosts keep theirs. */
const GATE = `
at=/run/lab/gate-$1
mkdir -p "$at"
chmod 777 "$at"
rm -f "$at/reached"
: >"$at/closed"
[ ! -e "$at/program" ] || exit 0
cp "$3" "$at/program"
cat >"$at/instead" <<END
#!/bin/sh
case "\\$*" in *'$2'*)
  echo \\$\\$ >>"$at/reached"
  while [ -e "$at/closed" ]; do sleep 0.05; done ;;
esac
exec "$at/program" "\\$@"
END
chmod 755 "$at/instead" "$at/program"
mount -n --bind "$at/instead" "$3"
`;

async function linesOf(lab: Lab, host: string, path: string): Promise<number> {
  return (await lab.exec(host, ['cat', path])).stdout.split('\n').length - 1;
}

/** Looks again and again until it is so. */
export async function eventually(look: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await sleep(100);
  }
}

/** What the receipts of a host say under a name, one after the other; empty when none says anything. */
export async function receiptsOf(lab: Lab, host: string, name: string): Promise<string> {
  const { stdout } = await lab.exec(host, ['sh', '-c', 'cat /var/lib/countersign/attempts/*/"$1"', 'sh', name]);
  return stdout.trim();
}

/** Kills the SSH sessions of a host: the children of its sshd, and theirs. */
export function killSessions(lab: Lab, host: string): Promise<string> {
  return must(lab, host, KILL_SESSIONS);
}

const KILL_SESSIONS = `
sessions=$(ps -o pid= --ppid "$(cat /run/sshd.pid)")
# One that ends by itself meanwhile is as well.
for session in $sessions; do kill -9 $(ps -o pid= --ppid "$session") "$session" || :; done
[ -n "$sessions" ]
`;

/** Kills the work of the attempts of a host at once: their whole sessions, guards included, and what stands at a gate. */
export function killWork(lab: Lab, host: string): Promise<string> {
  return must(lab, host, KILL_WORK);
}

const KILL_WORK = `
for held in $(cat /run/lab/gate-*/reached 2>/dev/null); do kill -9 "$held" || :; done
cat /var/lib/countersign/attempts/*/owner | while read -r boot pid start; do
  kill -9 $(ps -o pid= -s "$pid") || :
  while [ -d "/proc/$pid" ]; do sleep 0.05; done
done
`;

/** Lets a host look as after a restart: another boot id, no work that was under way, kernel settings as at boot. */
export async function restart(lab: Lab, host: string): Promise<void> {
  await killWork(lab, host);
  await must(lab, host, RESTART);
}

const RESTART = `
cat /proc/sys/kernel/random/uuid >/run/lab/boot-id
mount -n --bind /run/lab/boot-id /proc/sys/kernel/random/boot_id
at_boot=$(sed -n 's/^net.ipv4.ip_local_reserved_ports *= *//p' /etc/sysctl.d/*.conf | tail -n 1)
echo "$at_boot" >/proc/sys/net/ipv4/ip_local_reserved_ports
`;

/** Lets a host wait for the deadline of its change: its clock since the start jumps ahead; resolves when the change is taken back. */
export async function missDeadline(lab: Lab, host: string): Promise<void> {
  await eventually(async () => (await receiptsOf(lab, host, 'rc')) === '0', `${host}: nothing was applied`);
  expect(await receiptsOf(lab, host, 'settled')).toBe('');
  await must(lab, host, JUMP);
  await eventually(async () => (await receiptsOf(lab, host, 'guard')) !== '', `${host}: nobody took it back`);
}

/** proc_uptime(5); what the guard looks at, for nobody can set it. */
const JUMP = `
awk '{ print $1 + 86400, $2 }' /proc/uptime >/run/lab/uptime
mount -n --bind /run/lab/uptime /proc/uptime
`;

/** The one proposal of a run. */
function proposalOf(view: RunView): ProposalView {
  const [proposal, ...more] = view.proposals;
  if (proposal === undefined || more.length > 0) throw new Error(`the run has ${view.proposals.length} proposals`);
  return proposal;
}

/** Runs a runbook and answers the id of the one proposal it comes to. */
export async function propose(product: LabProduct, runbook: string, hosts: string, params = {}): Promise<string> {
  return proposalOf(await product.run(runbook, hosts, params)).proposal.id;
}

/** What became of a change: its state, the states of its attempts in the order of hosts, and all that people read of it. */
export interface Told {
  readonly state: string;
  readonly attempts: readonly string[];
  readonly words: string;
}

/** What a run's one change has come to. */
export function told(view: RunView): Told {
  const proposal = proposalOf(view);
  return {
    state: proposal.proposal.state,
    attempts: proposal.attempts.map(({ state }) => state),
    words: [...changeSentences(proposal), ...attemptSentences(proposal)].join('\n'),
  };
}
