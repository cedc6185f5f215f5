import type { FileOutline } from '../../probes/nginx-config/outline-fact.ts';
import type { ChangeAction } from '../remedy.ts';
import { type Edit, fileKey, splicesOf } from './edit.ts';
import type { EditableNginx } from './host.ts';
import { shownLines } from './shown.ts';

type EditAction = Extract<ChangeAction, { kind: 'edit' }>;

/** Why this file is not edited from here; null when nothing speaks against it. */
export function keptFromEditing({ path, target, notUtf8, managedBy }: FileOutline): string | null {
  if (managedBy !== null) return `${path} is managed by ${managedBy}, which would overwrite an edit`;
  if (notUtf8) return `${path} holds bytes that are not UTF-8, so places in it are not known exactly`;
  if (target === null) return `where ${path} really lies could not be read`;
  if (target.includes('[redacted]')) return `the name of ${path} looks like a secret`;
  return null;
}

/** The edits as one action per file; null when two of them contradict each other. */
export function editActions(edits: readonly Edit[]): readonly EditAction[] | null {
  const actions: EditAction[] = [];
  const files = new Map(edits.map(({ file }) => [fileKey(file), file]));
  for (const [key, file] of files) {
    const own = edits.filter((edit) => fileKey(edit.file) === key);
    const splices = splicesOf(own);
    if (!splices) return null;
    actions.push({
      kind: 'edit',
      path: key,
      sha256: file.sha256,
      splices,
      shown: shownLines(file, own),
    });
  }
  return actions.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Makes the running master load what the edits left. */
export function loadAction({ binary, master }: EditableNginx): ChangeAction {
  return { kind: 'nginx', binary, conf: master.configPath, prefix: master.prefix };
}

/** The edits as text for somebody who makes them elsewhere. */
export function editsText(actions: readonly EditAction[]): string {
  return actions
    .map(({ path, shown }) => {
      const lines = shown.map(({ mark, line, text }) => `${(line ?? '').toString().padStart(6)} ${mark} ${text}`);
      return [path, ...lines].join('\n');
    })
    .join('\n\n');
}
