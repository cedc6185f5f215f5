import { list } from '../../base/format.ts';
import { plainText } from '../../base/plain-text.ts';
import type { Check, HostCheck, HostChecks } from '../../engine/host-check/model.ts';
import { CHECK_LABELS, problemsFirst, readiness } from '../../engine/host-check/report.ts';

const STATES = { ok: 'ok', warning: 'WARNING', failed: 'FAILED', not_reached: '-' } as const;
const HOST_STATES = { ok: 'READY', warning: 'WARNING', failed: 'FAILED' } as const;

const ITEMS_TOLD = 10;

/** What works on hosts, as lines for a terminal: the whole in one line, then every host, those with problems first. */
export function renderHostCheck(check: HostCheck): string[] {
  const headline = `hosts ${check.selector} · ${readiness(check)}`;
  return [headline, ...problemsFirst(check.hosts).flatMap(renderHost)].map(plainText);
}

function renderHost({ host, state, checks }: HostChecks): string[] {
  const made = checks.filter((check) => check.state !== 'not_reached');
  const left = checks.filter((check) => check.state === 'not_reached').map(({ id }) => CHECK_LABELS[id]);
  return [
    `${HOST_STATES[state].padEnd(9)}${host}`,
    ...made.flatMap(renderCheck),
    ...(left.length === 0 ? [] : [`  ${'-'.padEnd(9)}not looked at: ${list(left)}`]),
  ];
}

function renderCheck({ id, state, saw, detail, todo, items }: Check): string[] {
  const indent = ' '.repeat(22);
  const said = detail === null ? saw : `${saw.replace(/\.$/, '')}: ${detail}`;
  const hidden = items.length - ITEMS_TOLD;
  return [
    `  ${STATES[state].padEnd(9)}${CHECK_LABELS[id].padEnd(11)}${said}`,
    ...items.slice(0, ITEMS_TOLD).map((item) => `${indent}  ${item}`),
    ...(hidden > 0 ? [`${indent}  and ${hidden} more; --json names them all`] : []),
    ...(todo === null ? [] : [`${indent}${todo}`]),
  ];
}
