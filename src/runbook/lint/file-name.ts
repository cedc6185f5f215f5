import { basename } from 'node:path';
import type { LintRule } from './lint-rule.ts';

/** A runbook's file is named after it, so that people find it. */
export const fileName: LintRule = ({ file, source }) => {
  const expected = `${source.value.name}.yaml`;
  if (basename(file) === expected) return [];
  return [
    {
      message: `the runbook is named "${source.value.name}" but its file is ${basename(file)}`,
      location: source.locate(['name']),
      hint: `Rename the file to ${expected}, or the runbook.`,
    },
  ];
};
