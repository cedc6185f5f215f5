/**
 * A named place where a crash test kills the process for good (SIGKILL, nothing is flushed).
 * Without COUNTERSIGN_CRASH_AT in the environment it does nothing.
 */
export function crashPoint(name: string): void {
  if (process.env['COUNTERSIGN_CRASH_AT'] === name) process.kill(process.pid, 'SIGKILL');
}
