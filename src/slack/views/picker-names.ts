import { sha256 } from '../../base/digest.ts';
import type { Param, Runbook } from '../../runbook/runbook.ts';
import { LIMITS } from '../limits.ts';

/** The dialog in which a run is put together, and the elements in it. */
export const PICKER = {
  callback: 'picker',
  runbook: 'picker_runbook',
  hosts: 'picker_hosts',
  add: 'picker_add',
  param: 'picker_param',
} as const;

/** A block's id has at most 255 characters (docs.slack.dev/reference/block-kit/blocks). */
const LONGEST_NAME = 200;

/** What the select says for a runbook. */
export function runbookOption({ name }: Pick<Runbook, 'name'>): string {
  return name.length <= LIMITS.optionValue ? name : sha256(name);
}

/** The block of the hosts. Slack keeps what is typed under an id, so that hosts that the bot fills in need a new one. */
export function hostsBlock(filling: number): string {
  return `${PICKER.hosts}:${filling}`;
}

/** The block of a param, another one for each runbook: the default of one must not stay for the other. */
export function paramBlock(runbook: Pick<Runbook, 'name'>, { name }: Pick<Param, 'name'>): string {
  return `${PICKER.param}:${sha256(runbook.name).slice(0, 8)}:${name.length <= LONGEST_NAME ? name : sha256(name)}`;
}
