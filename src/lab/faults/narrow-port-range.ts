import { defineFault } from './fault.ts';
import { setUpstreamMode } from './nginx.ts';
import { applyTuning, clearTuning, type Tuning } from './sysctl.ts';

const TUNING: Tuning = {
  file: '51-ports.conf',
  reason: 'keep outgoing connections away from our services',
  values: { ip_local_port_range: '40000 40999', tcp_tw_reuse: '0' },
};

/** Few ports, none taken over from TIME_WAIT, and nginx closes first: connect() soon fails with EADDRNOTAVAIL. */
export const narrowPortRangeFault = defineFault({
  name: 'narrow-port-range',
  summary: 'nginx closes its connections to the services and has 1,000 ports for them, so it runs out of ports',
  role: 'web',
  apply: async (host) => {
    await applyTuning(host, TUNING);
    await setUpstreamMode(host, 'persistent-without-pool');
  },
  clear: async (host) => {
    await setUpstreamMode(host, 'pooled');
    await clearTuning(host, TUNING);
  },
});
