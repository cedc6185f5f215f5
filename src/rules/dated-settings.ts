import type { SysctlFileEntry } from '../probes/sysctl-files/fact.ts';
import type { SysctlFact } from '../probes/sysctl/fact.ts';

/** A line of a sysctl.d file that copies old advice about TIME_WAIT. */
export interface DatedSetting {
  readonly entry: SysctlFileEntry;
  /** What the line does on this kernel, and that it should go, as the end of a sentence that begins with its place. */
  readonly text: string;
  /** `warning`: it does harm. `info`: it does nothing, or not what it is there for. */
  readonly severity: 'warning' | 'info';
}

/** Below this tcp_max_tw_buckets is older advice than any default of a machine with a few GB (default: half of the TCP hash table). */
const FEW_BUCKETS = 65_536;

/** Settings of this product's own drop-in are judged by the remedies that wrote them. */
const OWN_DROP_IN = '/etc/sysctl.d/60-countersign-net.conf';

/** The dated lines among those that are applied at boot, in that order. */
export function datedSettings(entries: readonly SysctlFileEntry[], sysctl: SysctlFact): readonly DatedSetting[] {
  return entries
    .filter(({ file }) => file !== OWN_DROP_IN)
    .flatMap((entry) => {
      const judged = judge(entry, sysctl);
      return judged === null ? [] : [{ entry, ...judged }];
    });
}

type Judged = Omit<DatedSetting, 'entry'> | null;

function judge({ key, value }: SysctlFileEntry, sysctl: SysctlFact): Judged {
  const name = key.replace(/^net\.ipv4\./, '');
  if (!JUDGED.includes(name)) return null;
  const words = `${name} = ${value === '' ? '(nothing)' : value}`;
  if (value === '')
    return { severity: 'info', text: `${words} sets nothing and makes sysctl print an error; remove it` };
  const number = /^\d{1,12}$/.test(value) ? Number(value) : null;
  switch (name) {
    case 'tcp_tw_recycle':
      return recycle(words, number, sysctl);
    case 'tcp_timestamps':
      return number === 0
        ? {
            severity: 'warning',
            text: `${words} takes away the protection against old segments (PAWS) and makes tcp_tw_reuse void; remove it`,
          }
        : null;
    case 'tcp_max_tw_buckets':
      return number !== null && number < FEW_BUCKETS
        ? {
            severity: 'warning',
            text: `${words} skips TIME_WAIT above that number instead of making fewer, and the kernel says not to lower it; remove it`,
          }
        : null;
    default:
      return {
        severity: 'info',
        text: `${words} is about orphaned FIN_WAIT_2 and never about TIME_WAIT, which last 60 s; remove it if it was meant for them`,
      };
  }
}

const JUDGED: readonly string[] = ['tcp_tw_recycle', 'tcp_timestamps', 'tcp_max_tw_buckets', 'tcp_fin_timeout'];

/** Whether the key is there decides, not the kernel's version (removed in 4.12). */
function recycle(words: string, value: number | null, { tcpTwRecycle }: SysctlFact): Judged {
  if (tcpTwRecycle === null) {
    return {
      severity: 'info',
      text: `${words} names a setting that this kernel no longer has (gone since 4.12); remove it`,
    };
  }
  return value === 0
    ? null
    : {
        severity: 'warning',
        text: `${words} drops connections of clients behind one NAT or load balancer; set it to 0 and remove it`,
      };
}
