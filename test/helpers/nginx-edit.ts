import { parseNginxConfig } from '../../src/probes/nginx-config/parse.ts';
import type { NginxConfigFact } from '../../src/probes/nginx-config/fact.ts';
import type { Facts } from '../../src/probes/registry.ts';
import { applySplices } from '../../src/remedies/nginx-edit/splice.ts';
import type { ChangeAction, HostPlan, Planned } from '../../src/remedies/remedy.ts';
import { rates, runningNginx } from './nginx-facts.ts';
import { acceptedGroup, connectedGroup, socketsFact } from './network-facts.ts';

/** Configuration files by path, one character per byte, the main file first. */
export type ConfigFiles = Readonly<Record<string, string>>;

/** What the nginx-config probe makes of these files; a link is a path with the path it stands for. */
export function probedConfig(files: ConfigFiles, links: Readonly<Record<string, string>> = {}): NginxConfigFact {
  const dump = Object.entries(files)
    .map(([path, text]) => `# configuration file ${path}:\n${text}\n`)
    .join('');
  const whole = Buffer.from(dump, 'latin1').toString('utf8');
  const utf8 = Buffer.from(whole, 'utf8').toString('latin1') === dump;
  const stdout = utf8 ? whole : dump;
  const targets = Object.keys(files).map((path) => `target ${path}\t${links[path] ?? path}\n`);
  const parsed = parseNginxConfig({
    stdout: `dump 100 0 ${stdout.split('\n').length - 1}${utf8 ? '' : ' latin1'}\n${stdout}${targets.join('')}`,
    stderr: '',
    exitCode: 0,
    droppedBytes: 0,
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.fact;
}

/** Facts of a host whose nginx runs from these files and opens a connection per request to 127.0.0.1:8080. */
export function editingFacts(
  files: ConfigFiles,
  changes: Facts = {},
  links: Readonly<Record<string, string>> = {},
): Facts {
  return {
    'nginx-config': probedConfig(files, links),
    'nginx-process': runningNginx(),
    'nginx-loaded': {
      oldestWorkerStartedAt: 1000,
      newestConfig: { path: Object.keys(files)[0] ?? '/', modifiedAt: 900 },
    },
    'tcp-counters': rates({ ActiveOpens: 4035, PassiveOpens: 4076 }),
    sockets: socketsFact([
      acceptedGroup('TIME-WAIT', '127.0.0.1:8080', 37_222),
      connectedGroup('TIME-WAIT', '127.0.0.1:8080', 35),
      connectedGroup('ESTAB', '127.0.0.1:8080', 20),
      acceptedGroup('TIME-WAIT', '127.0.0.1:8180', 2460, '10.99.0.1'),
    ]),
    ...changes,
  };
}

/** The plan of a change; anything else fails. */
export function planned(result: Planned): HostPlan {
  if (result.kind !== 'change') throw new Error(`${result.kind}: ${result.reason}`);
  return result.plan;
}

/** The files after the edits of a plan were applied, as the host does it. */
export function afterEdits(
  files: ConfigFiles,
  actions: readonly ChangeAction[],
  links: Readonly<Record<string, string>> = {},
): ConfigFiles {
  const edits = new Map(actions.flatMap((action) => (action.kind === 'edit' ? [[action.path, action.splices]] : [])));
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, applySplices(text, edits.get(links[path] ?? path) ?? [])]),
  );
}

/** The shown lines as people read them. */
export function shownText(actions: readonly ChangeAction[]): string {
  return actions
    .flatMap((action) =>
      action.kind === 'edit'
        ? [
            action.path,
            ...action.shown.map(({ mark, line, text }) => `${String(line ?? '').padStart(4)} ${mark} ${text}`),
          ]
        : [],
    )
    .join('\n');
}
