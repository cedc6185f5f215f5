/**
 * What sudo says on stderr when `sudo -n` does not run the command: sudo 1.8/1.9 (plugins/sudoers: auth/sudo_auth.c,
 * logging.c, src/tgetpass.c), sudo-rs, and the shell when sudo is not installed.
 */
const REFUSALS: readonly RegExp[] = [
  /^sudo(?:-rs)?: (?:.*: )?(?:a (?:password|terminal) is required|interactive authentication is required)/im,
  /^sudo(?:-rs)?: (?:no tty present|sorry, you must have a tty|.*no askpass program)/im,
  /^sudo(?:-rs)?: .*(?:is not in the sudoers file|is not allowed to|no new privileges|must be owned by uid 0|account validation failure)/im,
  /^sorry, user .{1,256} (?:is not allowed to execute|may not run sudo)/im,
  /^.{1,256} is not (?:in the sudoers file|allowed to run sudo)/im,
  /^(?:.{0,64}: )?sudo: (?:command )?not found\b/im,
];

/** What a command that began with `sudo -n` left behind. */
export interface SudoOutput {
  readonly stderr: string;
  readonly exitCode: number;
}

/** Whether sudo itself said no (or is not installed), so that the command behind it never ran. A success is never a refusal. */
export function sudoRefused(output: SudoOutput): boolean {
  return output.exitCode !== 0 && REFUSALS.some((refusal) => refusal.test(output.stderr));
}

/** Reading links of other users' processes, which takes ptrace(2) access: an nginx master's network namespace. */
const READ_NAMESPACE = '/usr/bin/readlink /proc/*/ns/net';

/** Rights of a probe that looks for the nginx masters of this network namespace. */
export const FIND_NGINX_SUDO: readonly string[] = [READ_NAMESPACE];

/** Rights of a probe that also runs or names the masters' binaries. */
export const NGINX_BINARY_SUDO: readonly string[] = ['/usr/bin/readlink /proc/*/exe', READ_NAMESPACE];

/** Rights of a probe that reads the configuration as nginx does. */
export const NGINX_CONFIG_SUDO: readonly string[] = ['/usr/sbin/nginx -T', ...NGINX_BINARY_SUDO];
