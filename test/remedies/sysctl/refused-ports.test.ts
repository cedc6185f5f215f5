import { describe, expect, it } from 'vitest';
import { asHostName } from '../../../src/base/ids.ts';
import type { Facts } from '../../../src/probes/registry.ts';
import { REMEDIES } from '../../../src/remedies/registry.ts';
import type { HostPlan } from '../../../src/remedies/remedy.ts';
import { nginxLogFact } from '../../helpers/network-facts.ts';

const REFUSED = '[crit] 7#7: *9 connect() to 10.0.0.5:8080 failed (99: Cannot assign requested address)';
const PLAN: HostPlan = {
  host: asHostName('web-1'),
  actions: [],
  basis: { servicePorts: '9000' },
  predicted: [],
  risks: [],
  proof: [],
};

function refused(recentLines: number, last = `2026/11/23 03:12:05 ${REFUSED}`): Facts {
  return { 'nginx-log': nginxLogFact({ class: 'address-not-available', lines: 9, recentLines, last }) };
}

/** The remedies that change how many local ports outgoing connections find. */
const JUDGES = REMEDIES.filter(({ touches }) => touches.sysctls.length > 0).flatMap(({ id, proofs }) =>
  proofs.flatMap((proof, index) => (proof ? [{ id, look: index + 1, proof }] : [])),
);

describe('nginx that is refused local ports after a change', () => {
  it.each(JUDGES)('is harm to every judge when it was refused none before: $id, look $look', ({ proof }) => {
    expect([...proof.needs, ...(proof.uses ?? [])]).toContain('nginx-log');
    const verdict = proof.judge(PLAN, refused(0, ''), refused(4));
    expect(verdict.outcome).toBe('harmful');
    expect(verdict.statements).toContain(
      `nginx was refused local ports 4 times since, none in the 10 min before; the last line: 2026/11/23 03:12:05 ${REFUSED}`,
    );
  });

  it.each(JUDGES)('is no harm when that is what it came from: $id, look $look', ({ proof }) => {
    const later = refused(40, `2026/11/23 03:13:05 ${REFUSED}`);
    expect(proof.judge(PLAN, refused(4), later).outcome).not.toBe('harmful');
    expect(proof.judge(PLAN, {}, refused(4)).outcome).not.toBe('harmful');
  });

  it('is looked for by all remedies that change the kernel', () => {
    expect(new Set(JUDGES.map(({ id }) => id)).size).toBe(5);
  });
});
