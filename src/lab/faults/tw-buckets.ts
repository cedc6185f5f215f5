import { defineFault } from './fault.ts';
import { applyTuning, clearTuning, type Tuning } from './sysctl.ts';

const TUNING: Tuning = {
  file: '52-buckets.conf',
  reason: 'against too many TIME_WAIT',
  values: { tcp_max_tw_buckets: '500' },
};

/** The kernel keeps few TIME_WAIT and drops the others; it shows on a host that closes many connections. */
export const twBucketsFault = defineFault({
  name: 'tw-buckets',
  summary: 'tcp_max_tw_buckets is 500, so that TIME_WAIT looks low and its protection is gone',
  role: 'web',
  apply: (host) => applyTuning(host, TUNING),
  clear: (host) => clearTuning(host, TUNING),
});
