import { describe, expect, it } from 'vitest';
import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { configNotLoadedRule } from '../../src/rules/config-not-loaded.ts';
import { type Conclusions, evaluateRules } from '../../src/rules/evaluate.ts';
import { upstreamNotPooledRule } from '../../src/rules/upstream-not-pooled.ts';
import { acceptedGroup, socketsFact } from '../helpers/network-facts.ts';
import { httpConfig, rates, runningNginx } from '../helpers/nginx-facts.ts';

const RUNNING: Facts = {
  'nginx-process': runningNginx(),
  'nginx-loaded': {
    oldestWorkerStartedAt: 1_795_391_233,
    newestConfig: { path: '/etc/nginx/conf.d/app.conf', modifiedAt: 1_795_391_200 },
  },
  'network-namespace': { own: 'net:[1]', nginxMasters: [{ pid: 100, namespace: 'net:[1]' }] },
};

function conclude(facts: Facts): Conclusions {
  const rules = [configNotLoadedRule, upstreamNotPooledRule].map((rule) => ({ rule, thresholds: {} }));
  return evaluateRules({ host: asHostName('web-1'), facts, at: 0, rules });
}

describe('what nginx runs', () => {
  it('is what was read when files are older than workers, the binary is in place and the namespace is the same', () => {
    expect(conclude(RUNNING).findings).toEqual([]);
  });

  it('may differ from files that are newer than the oldest worker', () => {
    const facts: Facts = {
      ...RUNNING,
      'nginx-loaded': {
        oldestWorkerStartedAt: 1_795_391_233,
        newestConfig: { path: '/etc/nginx/conf.d/app.conf', modifiedAt: 1_795_391_284 },
      },
    };
    const [finding, ...more] = conclude(facts).findings;
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ severity: 'warning', blocks: ['nginx-config'] });
    expect(finding?.explanation[0]).toBe(
      '/etc/nginx/conf.d/app.conf changed 51 s after the oldest nginx worker started: what is on disk may not be in force.',
    );
    expect(finding?.evidence.map(({ value }) => value)).toEqual(['2026-11-22 23:48:04 UTC', '2026-11-22 23:47:13 UTC']);
  });

  it('is not doubted for a difference within the precision of the clocks', () => {
    const facts = (late: number): Facts => ({
      ...RUNNING,
      'nginx-loaded': { oldestWorkerStartedAt: 1000, newestConfig: { path: '/e', modifiedAt: 1000 + late } },
    });
    expect(conclude(facts(2)).findings).toEqual([]);
    expect(conclude(facts(3)).findings).toHaveLength(1);
  });

  it('is an older program when its binary was replaced', () => {
    const master = runningNginx().masters[0]!;
    const facts: Facts = { ...RUNNING, 'nginx-process': { masters: [{ ...master, binaryReplaced: true }] } };
    const [finding] = conclude(facts).findings;
    expect(finding).toMatchObject({
      title: 'The nginx binary was replaced while nginx runs',
      blocks: ['nginx-config'],
    });
    expect(finding?.evidence).toEqual([
      { label: 'Binary of nginx master 100', value: '/usr/sbin/nginx (deleted)', source: '/proc/100/exe' },
    ]);
  });

  it('is not doubted when root would be needed to see the binary', () => {
    const master = runningNginx().masters[0]!;
    expect(
      conclude({ ...RUNNING, 'nginx-process': { masters: [{ ...master, binary: null, binaryReplaced: null }] } })
        .findings,
    ).toEqual([]);
  });

  it('is in another network stack when every master is in another namespace', () => {
    const facts: Facts = {
      ...RUNNING,
      'network-namespace': { own: 'net:[1]', nginxMasters: [{ pid: 100, namespace: 'net:[2]' }] },
    };
    expect(conclude(facts).findings).toMatchObject([
      { blocks: ['network-namespace', 'nginx-config'], groupKey: 'config-not-loaded:namespace' },
    ]);
  });

  it.each([
    [
      'one master is here',
      [
        { pid: 1, namespace: 'net:[2]' },
        { pid: 2, namespace: 'net:[1]' },
      ],
    ],
    [
      'a namespace is not known',
      [
        { pid: 1, namespace: 'net:[2]' },
        { pid: 2, namespace: null },
      ],
    ],
    ['there is no master', []],
  ])('is taken to be in this network stack when %s', (_, nginxMasters) => {
    expect(conclude({ ...RUNNING, 'network-namespace': { own: 'net:[1]', nginxMasters } }).findings).toEqual([]);
  });

  it('is not known when nginx’s workers or files are not', () => {
    expect(
      conclude({ ...RUNNING, 'nginx-loaded': { oldestWorkerStartedAt: null, newestConfig: null } }).findings,
    ).toEqual([]);
  });
});

describe('other nginx findings', () => {
  it('are withheld, with the reason, while the configuration in force is not known', () => {
    const facts: Facts = {
      ...RUNNING,
      sockets: socketsFact([acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 30_000)]),
      'tcp-counters': rates({ ActiveOpens: 4000 }),
      'nginx-config': httpConfig(
        'upstream app { server 127.0.0.1:8080; } server { location / { proxy_pass http://app; } }',
      ),
    };
    expect(conclude(facts).findings.map(({ rule }) => rule)).toEqual(['upstream-not-pooled']);
    const edited: Facts = {
      ...facts,
      'nginx-loaded': { oldestWorkerStartedAt: 1, newestConfig: { path: '/e', modifiedAt: 99 } },
    };
    expect(conclude(edited).findings.map(({ rule }) => rule)).toEqual(['config-not-loaded']);
    expect(conclude(edited).notConcluded).toMatchObject([{ rule: 'upstream-not-pooled' }]);
  });
});
