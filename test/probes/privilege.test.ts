import { describe, expect, it } from 'vitest';
import { sudoRefused } from '../../src/probes/privilege.ts';

describe('a refusal of sudo', () => {
  it.each([
    'sudo: a password is required\n',
    'sudo: a terminal is required to read the password; either use the -S option to read from standard input\nsudo: a password is required\n',
    'sudo: sorry, you must have a tty to run sudo\n',
    'sudo: no tty present and no askpass program specified\n',
    "Sorry, user ops is not allowed to execute '/usr/sbin/nginx -T' as root on web-1.\n",
    'ops is not in the sudoers file.\n',
    'sudo: ops is not in the sudoers file\n',
    'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.\n',
    'sudo-rs: interactive authentication is required\n',
    'sh: 1: sudo: not found\n',
    'bash: line 1: sudo: command not found\n',
  ])('is recognised: %s', (stderr) => {
    expect(sudoRefused({ stderr, exitCode: 1 })).toBe(true);
  });

  it('is not seen in a command that succeeded, whatever it said', () => {
    expect(sudoRefused({ stderr: 'sudo: a password is required\n', exitCode: 0 })).toBe(false);
  });

  it.each([
    'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)\n',
    'sudo: unable to resolve host web-1: Name or service not known\n',
    '',
  ])('is not seen in another failure: %s', (stderr) => {
    expect(sudoRefused({ stderr, exitCode: 1 })).toBe(false);
  });
});
