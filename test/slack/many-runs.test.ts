import { expect, it } from 'vitest';
import { createFastClock } from '../helpers/fast-clock.ts';
import { crowd } from '../helpers/many-runs.ts';

const RUNS = 20;
const HOSTS = 50;

it('twenty runs on fifty hosts at once keep within Slack’s rates and end with true messages', async () => {
  const { views, shown, counts } = await crowd({ clock: createFastClock(6), runs: RUNS, hosts: HOSTS });
  expect(views).toHaveLength(RUNS);
  for (const { hosts } of views) expect(hosts.filter(({ outcome }) => outcome === 'ok')).toHaveLength(HOSTS);
  const limited = Object.entries(counts).filter(([, count]) => count.limited > 0);
  expect(limited).toEqual([]);
  expect(shown).toHaveLength(2 * RUNS);
  for (const { run } of views) {
    expect(shown.filter(({ text }) => text.startsWith(`Run ${run.id}: word on all: 50 of 50 hosts`))).toHaveLength(1);
    expect(shown.filter(({ text }) => text.startsWith(`Proposal ${run.id}-1: `))).toHaveLength(1);
  }
}, 120_000);
