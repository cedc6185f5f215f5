import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostChecks } from '../../src/engine/host-check/model.ts';
import { renderHostCheck } from '../../src/slack/views/hosts.ts';
import { checkMessageBlocks } from '../../src/sandbox/blocks/check-blocks.ts';
import { hostileText, name } from '../helpers/hostile.ts';
import { checkedHost, testHostCheck } from '../helpers/host-check.ts';

const refused = (host: string): HostChecks =>
  checkedHost(host, {
    reachable: {
      state: 'failed',
      saw: 'It cannot be reached.',
      detail: `${host} refused the connection`,
      todo: 'Check that sshd runs.',
    },
    sudo: { state: 'not_reached', saw: 'Not looked at.' },
  });
const lacking = (host: string): HostChecks =>
  checkedHost(host, {
    sudo: {
      state: 'warning',
      saw: 'sudo does not allow what changes need.',
      items: ['/usr/sbin/nginx -t -q'],
      todo: `Trust ${host}.`,
    },
  });

/** All that a message shows, in reading order. */
function shown(message: { readonly blocks: readonly unknown[] }): string {
  return JSON.stringify(message.blocks, (key, value) => (key === 'type' ? undefined : value));
}

describe('what works on hosts, in Slack', () => {
  it('says hosts in the same condition once, with their number, and those with problems first', () => {
    const hosts = ['web-1', 'web-2', 'web-3'].map((host) => checkedHost(host));
    const message = renderHostCheck(testHostCheck([...hosts, lacking('db-1'), refused('db-2')]), '/runbook');
    expect(message.blocks).toHaveLength(5);
    expect(message.text.split('\n')).toEqual([
      'hosts @web: 4 of 5 hosts ready, 1 of them with warnings · 1 s',
      'FAILED db-2 · reachable: It cannot be reached.',
      'WARNING db-1 · sudo: sudo does not allow what changes need.',
      'READY web-1 web-2 web-3',
    ]);
    const text = shown(message);
    expect(text).toContain('3 hosts: ');
    expect(text).toContain('/usr/sbin/nginx -t -q');
    expect(text).toContain('Not looked at: sudo');
    expect(text).toContain('/runbook hosts @web');
  });

  it('puts hosts together although each shows an address, a key and a name of its own', () => {
    const message = renderHostCheck(testHostCheck(['db-1', 'db-2', 'db-3', 'db-4', 'db-5'].map(refused)), '/runbook');
    expect(message.blocks).toHaveLength(3);
    expect(shown(message)).toMatch(/db-1: db-1 refused.*db-3: db-3 refused.*and 2 more/);
    expect(renderHostCheck(testHostCheck([lacking('a'), lacking('b')]), '/runbook').blocks).toHaveLength(3);
  });

  it('says what to do next when everything works', () => {
    expect(shown(renderHostCheck(testHostCheck([checkedHost('web-1')]), '/runbook'))).toContain(
      'Everything works. /runbook list shows what can be run on them.',
    );
  });

  it('names every host with a problem, also when 80 have a problem of their own', () => {
    const hosts = Array.from({ length: 80 }, (_, index) =>
      checkedHost(`web-${index}`, { tools: { state: 'failed', saw: `Absent: tool ${index}, ${'x'.repeat(200)}.` } }),
    );
    const message = renderHostCheck(testHostCheck(hosts, 'all'), '/runbook');
    expect(checkMessageBlocks(message.blocks, () => false)).toMatchObject({ ok: true });
    expect(shown(message)).toContain('web-59 and 20 more');
    expect(shown(message)).toContain('More than fits here');
    expect(shown(message)).toContain('/runbook hosts all');
  });

  it('passes what Slack checks, whatever hosts say', () => {
    const state = fc.constantFrom('ok', 'warning', 'failed', 'not_reached');
    const part = fc.record({
      state,
      saw: hostileText,
      detail: fc.option(hostileText),
      todo: fc.option(hostileText),
      items: fc.array(hostileText, { maxLength: 12 }),
    });
    const host = fc.record({ name, tools: part, nginx: part }).map((made) => checkedHost(made.name, made));
    fc.assert(
      fc.property(fc.array(host, { maxLength: 60 }), hostileText, (hosts, selector) => {
        const message = renderHostCheck(testHostCheck(hosts, selector), '/runbook');
        expect(checkMessageBlocks(message.blocks, () => false)).toMatchObject({ ok: true });
        expect(message.text.length).toBeLessThanOrEqual(3000);
        expect(message.text).not.toMatch(/<[!@#h]/);
      }),
      { numRuns: 60 },
    );
  });
});
