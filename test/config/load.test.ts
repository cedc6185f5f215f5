import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../src/base/error.ts';
import { loadConfig } from '../../src/config/load.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-config-'));
  writeFileSync(join(dir, 'hosts.yaml'), 'hosts:\n  - { name: web-1, user: deploy }\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

const SMALL = 'inventory: hosts.yaml\npeople:\n  - { name: mia, roles: [run] }\n';

function written(text: string): string {
  const file = join(dir, 'countersign.yaml');
  writeFileSync(file, text);
  return file;
}

function failure(load: () => unknown): OperatorError {
  try {
    load();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('fills in what is left out', () => {
    const config = loadConfig(written(SMALL));
    expect(config).toMatchObject({
      file: join(dir, 'countersign.yaml'),
      storePath: join(dir, 'countersign.sqlite'),
      people: [{ name: 'mia', slackUserId: undefined, unixUser: undefined, roles: ['run'] }],
      slack: { botToken: undefined, appToken: undefined, command: '/runbook', teams: undefined },
      policy: { rules: { otherwise: { expireAfterMs: 3_600_000 } } },
      logLevel: 'info',
    });
    expect(config.runbookDirectories).toHaveLength(1);
    expect(config.inventory.host('web-1')).toBeDefined();
  });

  it('takes paths relative to the file or from the home directory', () => {
    const config = loadConfig(
      written(`${SMALL}runbooks: [books, ~/books, /srv/books]\nstore: { path: data/a.sqlite }\n`),
    );
    expect(config.runbookDirectories).toEqual([join(dir, 'books'), join(homedir(), 'books'), '/srv/books']);
    expect(config.storePath).toBe(join(dir, 'data/a.sqlite'));
  });

  it('reads what is set', () => {
    const config = loadConfig(
      written(
        `${SMALL}proposals: { expire_after: 30m }\nlog_level: debug\nslack: { command: /ops, teams: [T012ABCDEF] }\n`,
      ),
    );
    expect(config).toMatchObject({
      policy: { rules: { otherwise: { expireAfterMs: 1_800_000 } } },
      logLevel: 'debug',
      slack: { command: '/ops', teams: ['T012ABCDEF'] },
    });
  });

  it('is found by $COUNTERSIGN_CONFIG, and nowhere else when that names a file that is not there', () => {
    vi.stubEnv('COUNTERSIGN_CONFIG', written(SMALL));
    expect(loadConfig().file).toBe(join(dir, 'countersign.yaml'));
    vi.stubEnv('COUNTERSIGN_CONFIG', join(dir, 'gone.yaml'));
    expect(failure(() => loadConfig()).message).toContain(join(dir, 'gone.yaml'));
  });

  it.each([
    ['gone.yaml', 'ENOENT'],
    ['.', 'EISDIR'],
  ])('says that %s cannot be read', (name, why) => {
    const error = failure(() => loadConfig(join(dir, name)));
    expect(error.code).toBe('config/unreadable');
    expect(error.message).toContain(why);
    expect(error.hint).toBe('Check the path and the permissions.');
  });

  it('says that the inventory cannot be read, or is broken, by its own name', () => {
    const gone = failure(() => loadConfig(written(SMALL.replace('hosts.yaml', 'gone.yaml'))));
    expect(gone.message).toContain(`the inventory ${join(dir, 'gone.yaml')} cannot be read`);
    writeFileSync(join(dir, 'hosts.yaml'), 'hosts:\n  - nmae: web-1\n');
    expect(failure(() => loadConfig(written(SMALL))).located).toContain(`${join(dir, 'hosts.yaml')}:2:5 `);
  });

  it.each([
    ['slack', 'U012ABCDEF', 'two people have the slack identity "U012ABCDEF"'],
    ['unix', 'mia', 'two people have the unix identity "mia"'],
  ])('refuses two people with one %s identity: they could approve their own proposals', (key, value, message) => {
    const people = `people:\n  - { name: a, ${key}: ${value}, roles: [run] }\n  - { name: b, ${key}: ${value}, roles: [approve] }\n`;
    const error = failure(() => loadConfig(written(`inventory: hosts.yaml\n${people}`)));
    expect(error).toMatchObject({ code: 'config/invalid', message });
    expect(error.location).toMatchObject({ line: 4, column: 18 + key.length });
    expect(error.hint).toContain('One person is one entry');
  });

  it('refuses two people of one name', () => {
    const people = 'people:\n  - { name: a, roles: [run] }\n  - { name: a, roles: [approve] }\n';
    expect(failure(() => loadConfig(written(`inventory: hosts.yaml\n${people}`))).message).toBe(
      'two people have the name "a"',
    );
  });

  it.each([
    ['30', '"30" is not a duration of at least one minute'],
    ['10s', '"10s" is not a duration of at least one minute'],
  ])('refuses proposals that expire after %s', (text, message) => {
    const error = failure(() => loadConfig(written(`${SMALL}proposals: { expire_after: "${text}" }\n`)));
    expect(error.located).toContain(`countersign.yaml:4:28 proposals.expire_after: ${message}`);
  });

  it.each([
    ['an unknown key', 'inventroy: x\n', '4:1 unknown key "inventroy"', 'Did you mean inventory?'],
    ['a log level that is none', 'log_level: wran\n', '4:12 "log_level": invalid option', 'Did you mean warn?'],
    [
      'a command without a slash',
      'slack: { command: ops }\n',
      '4:19 "slack.command": expected a slash command',
      undefined,
    ],
    ['a bad member id', 'slack: { teams: [mine] }\n', '4:18 "slack.teams.0": expected a workspace id', undefined],
  ])('refuses %s with its place', (_what, line, located, hint) => {
    const error = failure(() => loadConfig(written(SMALL + line)));
    expect(error.located).toContain(`countersign.yaml:${located}`);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });
});

describe('secrets in the configuration', () => {
  it('come from the environment and from files', () => {
    vi.stubEnv('TEST_BOT_TOKEN', 'xoxb-1');
    writeFileSync(join(dir, 'app-token'), 'xapp-1\n');
    const { slack } = loadConfig(
      written(`${SMALL}slack: { bot_token: { env: TEST_BOT_TOKEN }, app_token: { file: app-token } }\n`),
    );
    expect(slack.botToken?.reveal()).toBe('xoxb-1');
    expect(slack.appToken?.reveal()).toBe('xapp-1');
    expect(JSON.stringify(slack)).not.toMatch(/xoxb|xapp/);
  });

  it('are absent when the variable is not set or empty', () => {
    vi.stubEnv('TEST_BOT_TOKEN', '');
    const { slack } = loadConfig(
      written(`${SMALL}slack: { bot_token: { env: TEST_BOT_TOKEN }, app_token: { env: TEST_NO_SUCH } }\n`),
    );
    expect(slack).toMatchObject({ botToken: undefined, appToken: undefined });
  });

  it('in a file that is not there or empty are an error, not silently absent', () => {
    const file = written(`${SMALL}slack: { bot_token: { file: token } }\n`);
    expect(failure(() => loadConfig(file)).message).toContain(`the secret ${join(dir, 'token')} cannot be read`);
    writeFileSync(join(dir, 'token'), '\n');
    expect(failure(() => loadConfig(file)).message).toBe(`the secret file ${join(dir, 'token')} is empty`);
  });

  it('may not stand in the configuration itself, and are not repeated in the refusal', () => {
    const error = failure(() => loadConfig(written(`${SMALL}slack: { bot_token: xoxb-hunter2-hunter2 }\n`)));
    expect(error.located).toContain(
      'countersign.yaml:4:21 "slack.bot_token": expected { env: NAME } or { file: PATH }',
    );
    expect(JSON.stringify(error.details) + error.message).not.toContain('hunter2');
  });
});
