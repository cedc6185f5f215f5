import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

/** The configuration with these lines beside the least that it needs. */
function configWith(...lines: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-config-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'hosts.yaml'), 'hosts: []\n');
  writeFileSync(join(dir, 'secret'), 'hunter2\n');
  const file = join(dir, 'countersign.yaml');
  writeFileSync(file, ['inventory: hosts.yaml', 'people: []', ...lines, ''].join('\n'));
  return () => loadConfig(file);
}

describe('the configuration of Slack', () => {
  it('means sockets and the stand-in when it says nothing', () => {
    const { slack, healthListen } = configWith()();
    expect(slack).toMatchObject({ mode: 'socket', isMeant: false, signingSecret: undefined });
    expect(healthListen).toBeUndefined();
  });

  it('with mode http has a signing secret and an address, by default on this machine alone', () => {
    const { slack } = configWith('slack: { mode: http, signing_secret: { file: secret } }')();
    expect(slack).toMatchObject({ mode: 'http', isMeant: true, listen: { host: '127.0.0.1', port: 3000 } });
    expect(slack.signingSecret?.reveal()).toBe('hunter2');
    expect(JSON.stringify(slack)).not.toContain('hunter2');
  });

  it('takes no white space around a secret for a part of it', () => {
    vi.stubEnv('COUNTERSIGN_TEST_SECRET', ' hunter2\r\n');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { slack } = configWith('slack: { mode: http, signing_secret: { env: COUNTERSIGN_TEST_SECRET } }')();
    expect(slack.signingSecret?.reveal()).toBe('hunter2');
  });

  it.each(['xoxb-123456789012\nxapp-123456789012', 'xoxb-12345678 9012', 'xoxb\u201312345678'])(
    'refuses a secret that no header can hold, without showing it (%j)',
    (secret) => {
      vi.stubEnv('COUNTERSIGN_TEST_SECRET', secret);
      onTestFinished(() => void vi.unstubAllEnvs());
      const load = configWith('slack: { bot_token: { env: COUNTERSIGN_TEST_SECRET } }');
      expect(load).toThrow(expect.objectContaining({ code: 'config/invalid' }));
      expect(load).toThrow(/the environment variable COUNTERSIGN_TEST_SECRET does not hold one secret alone/);
      expect(load).not.toThrow(/1234/);
    },
  );

  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['"[::1]:8080"', { host: '::1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('reads the address %s', (text, address) => {
    expect(configWith(`slack: { mode: http, listen: ${text} }`)().slack.listen).toEqual(address);
    expect(configWith(`health: { listen: ${text} }`)().healthListen).toEqual(address);
  });

  it.each(['":8080"', '8080', '"127.0.0.1"', '"127.0.0.1:66000"', '"http://127.0.0.1:80"'])(
    'refuses the address %s, with its place',
    (text) => {
      expect(configWith(`health: { listen: ${text} }`)).toThrow(
        expect.objectContaining({ code: 'config/invalid', location: expect.objectContaining({ line: 3 }) }),
      );
    },
  );

  it('refuses an address for sockets, which listen nowhere', () => {
    expect(configWith('slack:', '  listen: 127.0.0.1:3000')).toThrow(
      expect.objectContaining({
        message: 'slack.listen counts only with slack.mode: http',
        location: expect.objectContaining({ line: 4 }),
      }),
    );
  });

  it('names a mode that there is not', () => {
    expect(configWith('slack: { mode: https }')).toThrow(/slack\.mode/);
  });
});
