import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFUSALS, refusalOf, refusalText } from '../../src/remedies/refusals.ts';

describe('what is refused always', () => {
  it.each([
    ['tcp_tw_recycle', '1', null, 'drops connection requests of clients that share an address'],
    ['net.ipv4.tcp_tw_recycle', '1', 0, 'Linux 4.12 removed it'],
    ['net/ipv4/tcp_timestamps', ' 0 ', 1, 'PAWS'],
    ['net.ipv4.tcp_timestamps', '0x0', 1, 'PAWS'],
    ['tcp_max_tw_buckets', '5000', null, 'It clears nothing'],
    ['tcp_max_tw_buckets', '131071', 131_072, 'must not be lowered'],
    ['tcp_fin_timeout', '30', 60, 'TIME_WAIT lasts 60 s whatever it says'],
    ['tcp_tw_reuse_delay', '999', 1000, 'late packets of its old connection'],
    ['ip_local_port_range', '1024 65535', null, 'the service cannot start again'],
    ['ip_local_port_range', '1024\t65535', null, 'the service cannot start again'],
  ])('%s = %s, with the reason and what to do instead', (key, value, inForce, words) => {
    const refusal = refusalOf(key, value, inForce);
    if (refusal === undefined) throw new Error('it was not refused');
    expect(refusal.reason).toContain(words);
    expect(refusalText(refusal)).toContain(`is refused. ${refusal.reason} ${refusal.instead}`);
  });

  it.each([
    ['tcp_tw_recycle', '0', 1],
    ['tcp_timestamps', '1', 0],
    ['tcp_timestamps', '2', 1],
    ['tcp_max_tw_buckets', '262144', 131_072],
    ['tcp_max_tw_buckets', '10000', 5000],
    ['tcp_tw_reuse', '1', 2],
    ['tcp_tw_reuse_delay', '1000', 1000],
    ['ip_local_port_range', '10240 65535', null],
    ['net.core.tcp_tw_recycle', '1', null],
    ['net.ipv4.tcp_timestamps', 'zero', null],
  ])('does not hold %s = %s', (key, value, inForce) => {
    expect(refusalOf(key, value, inForce)).toBeUndefined();
  });

  it('covers killing sockets and rebuilt kernels in the documentation', () => {
    const all = REFUSALS.map(refusalText).join('\n');
    expect(all).toContain('ss -K');
    expect(all).toContain('TCP_TIMEWAIT_LEN');
    expect(new Set(REFUSALS.map(({ request }) => request)).size).toBe(REFUSALS.length);
  });

  it('never throws, whatever is asked for', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (key, value) => refusalOf(key, value) === undefined || true));
  });
});
