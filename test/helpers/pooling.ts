import { asHostName } from '../../src/base/ids.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { planPooling } from '../../src/remedies/pool-upstream/plan.ts';
import type { HostPlan, Planned } from '../../src/remedies/remedy.ts';
import { afterEdits, editingFacts, planned } from './nginx-edit.ts';
import { runningNginx } from './nginx-facts.ts';

/** The only file of these configurations. */
export const MAIN = '/etc/nginx/nginx.conf';

export const UPSTREAM = 'upstream app {\n  server 127.0.0.1:8080;\n}';
export const LOCATION = 'server {\n  location / {\n    proxy_pass http://app;\n  }\n}';
export const POOLED_LOCATION =
  'server {\n  location / {\n    proxy_pass http://app;\n    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n  }\n}';

/** A whole file around what stands inside `http {}`, which begins on its third line. */
export function httpFile(text: string): string {
  return `events {}\nhttp {\n${text}\n}\n`;
}

/** What R1 plans for what stands inside `http {}`. */
export function poolPlan(text: string, changes: Facts = {}, approved?: HostPlan): Planned {
  const facts = editingFacts({ [MAIN]: httpFile(text) }, changes);
  return planPooling({ host: asHostName('web-1'), facts, changeId: '41-1', ...(approved && { approved }) });
}

/** What stands inside `http {}` after R1's plan. */
export function poolResult(text: string, changes: Facts = {}): string {
  const files = { [MAIN]: httpFile(text) };
  const after = afterEdits(files, planned(poolPlan(text, changes)).actions)[MAIN] ?? '';
  return after.slice('events {}\nhttp {\n'.length, -'\n}\n'.length);
}

/** An nginx of that version runs. */
export function nginxVersion(text: string): Facts {
  return { 'nginx-process': runningNginx(`nginx/${text}`) };
}
