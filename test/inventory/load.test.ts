import { homedir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { parseInventory } from '../../src/inventory/load.ts';

const FILE = '/etc/countersign/hosts.yaml';
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJhZGtleWJhZGtleWJhZGtleWJhZGtleWJhZGtl';

function failure(text: string): OperatorError {
  try {
    parseInventory(FILE, text);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the inventory was accepted');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('parseInventory', () => {
  it('fills in what is left out', () => {
    vi.stubEnv('SSH_AUTH_SOCK', '/run/agent.sock');
    const [host] = parseInventory(FILE, 'hosts:\n  - name: web-1\n    user: deploy\n').hosts;
    expect(host).toEqual({
      name: 'web-1',
      address: 'web-1',
      port: 22,
      user: 'deploy',
      groups: [],
      tags: [],
      hostKey: undefined,
      knownHosts: `${homedir()}/.ssh/known_hosts`,
      identityFile: undefined,
      agentSocket: '/run/agent.sock',
      sudo: 'none',
      connectTimeoutMs: 5000,
    });
  });

  it('says which environment a host serves', () => {
    const text =
      'defaults: { user: deploy, environment: staging }\nhosts: [{ name: a }, { name: b, environment: production }]\n';
    expect(parseInventory(FILE, text).hosts.map(({ environment }) => environment)).toEqual(['staging', 'production']);
  });

  it('takes defaults for every host, and what the host says over them', () => {
    const inventory = parseInventory(
      FILE,
      `defaults: { user: deploy, port: 2222, groups: [web], sudo: passwordless, connect_timeout: 1500ms }
hosts:
  - { name: web-1, address: 10.0.0.1 }
  - { name: db-1, user: admin, port: 22, groups: [db], sudo: none }
`,
    );
    expect(inventory.host('web-1')).toMatchObject({
      address: '10.0.0.1',
      user: 'deploy',
      port: 2222,
      groups: ['web'],
      sudo: 'passwordless',
      connectTimeoutMs: 1500,
    });
    expect(inventory.host('db-1')).toMatchObject({ user: 'admin', port: 22, groups: ['db'], sudo: 'none' });
    expect(inventory.groups).toEqual(['db', 'web']);
  });

  it('takes paths relative to the file, from the home directory, or as they are', () => {
    const [host] = parseInventory(
      FILE,
      `hosts:
  - name: web-1
    user: deploy
    known_hosts: keys/known_hosts
    identity_file: ~/.ssh/id_bot
    agent_socket: /run/agent
`,
    ).hosts;
    expect(host).toMatchObject({
      knownHosts: '/etc/countersign/keys/known_hosts',
      identityFile: `${homedir()}/.ssh/id_bot`,
      agentSocket: '/run/agent',
    });
  });

  it('does not look into known_hosts by itself when a key is pinned, nor ask the agent when a key file is named', () => {
    vi.stubEnv('SSH_AUTH_SOCK', '/run/agent.sock');
    const [host] = parseInventory(
      FILE,
      `hosts:\n  - { name: web-1, user: deploy, host_key: "${KEY}", identity_file: id }\n`,
    ).hosts;
    expect(host).toMatchObject({ hostKey: KEY, knownHosts: undefined, agentSocket: undefined });
  });

  it('may be empty', () => {
    expect(parseInventory(FILE, 'hosts: []\n').hosts).toEqual([]);
  });

  it.each([
    [
      'a host without a user',
      'hosts:\n  - name: web-1\n',
      '2:5',
      'host "web-1" has no user',
      'Add "user:" to the host',
    ],
    [
      'a name that is there twice',
      'defaults: { user: a }\nhosts:\n  - name: web-1\n  - name: web-1\n',
      '4:11',
      'host "web-1" is there twice',
      'Give each host its own name.',
    ],
    [
      'a timeout that is none',
      'hosts:\n  - name: web-1\n    user: a\n    connect_timeout: soon\n',
      '4:22',
      '"soon" is not a duration',
      'Write for example 5s',
    ],
    [
      'a timeout that is none, among the defaults',
      'defaults: { user: a, connect_timeout: 0s }\nhosts:\n  - name: web-1\n',
      '1:39',
      '"0s" is not a duration',
      'Write for example 5s',
    ],
    [
      'an unknown key',
      'hosts:\n  - name: web-1\n    adress: x\n',
      '3:5',
      'unknown key "adress" in "hosts.0"',
      'Did you mean address?',
    ],
    [
      'an unknown default',
      'defaults: { usr: a }\nhosts: []\n',
      '1:13',
      'unknown key "usr" in "defaults"',
      'Did you mean user?',
    ],
    ['a port out of range', 'hosts:\n  - { name: a, port: 65536 }\n', '2:22', '"hosts.0.port": too big', ''],
    ['a bad name', 'hosts:\n  - name: -web\n', '2:11', '"hosts.0.name": use letters, digits', ''],
    ['a name that means every host', 'hosts:\n  - name: all\n', '2:11', '"hosts.0.name": "all" means every host', ''],
    [
      'a key that is none',
      'hosts:\n  - { name: a, host_key: secret }\n',
      '2:26',
      '"hosts.0.host_key": expected "ssh-ed25519',
      '',
    ],
    [
      'a sudo mode that is none',
      'hosts:\n  - { name: a, sudo: passwordles }\n',
      '2:22',
      '"hosts.0.sudo": invalid option',
      'Did you mean passwordless?',
    ],
    ['no hosts', 'defaults: { user: a }\n', '1:1', '"hosts" is missing', ''],
  ])('refuses %s with its place', (_what, text, at, message, hint) => {
    const error = failure(text);
    expect(error.code).toBe('config/invalid');
    expect(error.located).toContain(`${FILE}:${at} ${message}`);
    expect(error.hint ?? '').toContain(hint);
  });

  it('refuses broken YAML with its place', () => {
    const error = failure('hosts: [\n');
    expect(error.code).toBe('config/syntax');
    expect(error.location).toMatchObject({ file: FILE, line: 2 });
  });
});
