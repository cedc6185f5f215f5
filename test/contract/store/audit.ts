import { expect, test } from 'vitest';
import { auditEntry, type OpenStore } from './scene.ts';

/** What a store must do with audit entries; registers tests. */
export function describeAudit(open: OpenStore): void {
  test('keeps the audit entries of a subject in order, from both connections', async () => {
    const { store, second } = await open();
    // Neither by name nor by time: the clocks of two bots need not agree.
    const entries = Array.from({ length: 30 }, (_, index) => ({
      ...auditEntry(`e${(index * 7) % 30}`, 'run:9'),
      at: 1000 - index,
    }));
    for (const [index, entry] of entries.entries()) {
      const connection = index % 2 ? store : second;
      await connection.audit.append(auditEntry('between', 'run:7'));
      await connection.audit.append(entry);
    }
    expect(await store.audit.of('run:9')).toEqual(entries);
    expect(await second.audit.of('run:9')).toEqual(entries);
    expect(await store.audit.of('run:8')).toEqual([]);
  });

  test('loses no audit entry when both connections append at once, and none overtakes one that was kept', async () => {
    const { store, second } = await open();
    const waves = ['first', 'second'].map((wave) => Array.from({ length: 15 }, (_, index) => `${wave} ${index + 10}`));
    for (const events of waves) {
      await Promise.all(
        events.map((event, index) => (index % 2 ? store : second).audit.append(auditEntry(event, 'run:9'))),
      );
    }
    const kept = (await store.audit.of('run:9')).map(({ event }) => event);
    expect([kept.slice(0, 15).sort(), kept.slice(15).sort()]).toEqual(waves);
  });
}
