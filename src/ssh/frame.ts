import type { ReadStep } from '../engine/transport.ts';
import { hostLine, scriptWord } from './host-line.ts';
import { FIND_TAGGED, KILL_AFTER_SECONDS } from './kill-line.ts';

/*
 * GNU timeout(1) signals its whole process group; busybox's signals one process only. busybox is a symbolic link or no
 * file at all, so only a timeout that is a file is used; otherwise the watchdog in sh does its work.
 * Markers hold a part that the kernel makes up: the host's other users can read this script in /proc/PID/cmdline.
 */
const FRAME = `_cs_r=none
{ read -r _cs_r </proc/sys/kernel/random/uuid; } 2>/dev/null
_cs_m=$_cs_t.$_cs_r
_cs_nice=; command -v nice >/dev/null 2>&1 && _cs_nice='nice -n 10'
_cs_timeout=$(command -v timeout 2>/dev/null)
case $_cs_timeout in /*) [ -L "$_cs_timeout" ] && _cs_timeout= ;; *) _cs_timeout= ;; esac
_cs_child=; _cs_dog=
_cs_now() {
  { read -r _cs_u _cs_x </proc/uptime; } 2>/dev/null || _cs_u=$(date +%s)
}
_cs_term() {
  kill -TERM $(_cs_pids "$1"); sleep ${KILL_AFTER_SECONDS}; kill -KILL $(_cs_pids "$1")
}
_cs_stop() {
  trap '' TERM HUP INT
  exec >/dev/null 2>&1
  [ -n "$_cs_dog" ] && kill -TERM "$_cs_dog"
  _cs_term "COUNTERSIGN_STEP=$_cs_t" &
  [ -n "$_cs_child" ] && { kill -TERM "$_cs_child"; wait "$_cs_child"; }
  exit 143
}
trap _cs_stop TERM HUP INT
_cs_watch() {
  exec </dev/null >/dev/null 2>&1
  trap 'kill "$!"; exit' TERM
  sleep "$1" & wait "$!"
  trap '' TERM
  _cs_term "$2"
}
_cs_step() {
  _cs_i=$1; _cs_s=$2; shift 2; _cs_child=
  _cs_now
  printf '\\n%s:b:%s:%s\\n' "$_cs_m" "$_cs_i" "$_cs_u"
  printf '\\n%s:b:%s:%s\\n' "$_cs_m" "$_cs_i" "$_cs_u" >&2
  if [ -n "$_cs_timeout" ]; then
    COUNTERSIGN_STEP=$_cs_t.$_cs_i. $_cs_nice timeout -k ${KILL_AFTER_SECONDS} "$_cs_s" "$@" </dev/null &
    _cs_child=$!
  else
    COUNTERSIGN_STEP=$_cs_t.$_cs_i. $_cs_nice "$@" </dev/null &
    _cs_child=$!
    _cs_watch "$_cs_s" "COUNTERSIGN_STEP=$_cs_t.$_cs_i." &
    _cs_dog=$!
  fi
  wait "$_cs_child" 2>/dev/null; _cs_e=$?; _cs_child=
  [ -n "$_cs_dog" ] && { kill -TERM "$_cs_dog" 2>/dev/null; _cs_dog=; }
  _cs_now
  printf '\\n%s:e:%s:%s:%s\\n' "$_cs_m" "$_cs_i" "$_cs_u" "$_cs_e" >&2
  printf '\\n%s:e:%s:%s:%s\\n' "$_cs_m" "$_cs_i" "$_cs_u" "$_cs_e"
}
printf '\\n%s:h:%s:%s\\n' "$_cs_t" "$_cs_r" "$$"
printf '\\n%s:h:%s:%s\\n' "$_cs_t" "$_cs_r" "$$" >&2`.split('\n');

/** A step's limit as the host's tools take it: whole seconds, at least one (busybox has no fractions). */
export function timeoutSeconds(timeoutMs: number): number {
  return Math.max(1, Math.ceil(timeoutMs / 1000));
}

/**
 * All steps as one line for one SSH exec: each in its own subshell with its own timeout, framed by markers on both
 * streams that only this run and the host know. The arguments of steps are words of the script, never parsed as script.
 * Throws when the line would be longer than a host's kernel accepts.
 */
export function frameLine(steps: readonly ReadStep[], nonce: string): string {
  const calls = steps.map((step, index) =>
    ['_cs_step', index, timeoutSeconds(step.timeoutMs), ...step.command.argv.map(scriptWord)].join(' '),
  );
  return hostLine([`_cs_t=${nonce}`, ...FIND_TAGGED, ...FRAME, ...calls, 'exit 0']);
}
