import { expect, test } from 'vitest';
import { auditEntry, type OpenStore } from './scene.ts';

/** What a store must do with audit entries; registers tests. */
export function describeAudit(open: OpenStore): void {
  test('keeps the audit entries of a subject in order, from both connections', async () => {
    const { store, second } = await open();
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (index % 2 ? store : second).audit.append(auditEntry(`e${index}`, 'run:9')),
      ),
    );
    const entries = await store.audit.of('run:9');
    expect(entries).toHaveLength(30);
    expect(entries[0]).toEqual({ ...auditEntry(entries[0]?.event ?? '', 'run:9') });
    expect(await store.audit.of('run:8')).toEqual([]);
  });
}
