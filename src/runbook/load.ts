import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { messageOf, OperatorError, type SourceLocation } from '../base/error.ts';
import { didYouMean } from '../base/near-match.ts';
import { parseYaml, type YamlProblem, type YamlSource } from '../base/yaml-source.ts';
import type { Catalogue } from './catalogue.ts';
import { lintRunbook } from './lint/lint.ts';
import type { Offer, Param, RuleUse, Runbook, Step, Value } from './runbook.ts';
import { RunbookFile, type ValueText } from './schema.ts';

const DEFAULT_INTERVAL_SECONDS = 10;

/** The runbooks of a directory: those that can run, and what is wrong with those that cannot. */
export interface RunbookLibrary {
  readonly runbooks: readonly Runbook[];
  readonly broken: readonly { readonly file: string; readonly problems: readonly YamlProblem[] }[];
  /** Throws request/unknown-runbook with near matches, or runbook/invalid when its file is broken. */
  runbook(name: string): Runbook;
}

/** Loads every `*.yaml` of these directories, and these files; a broken file never hides the others. */
export function loadRunbooks(paths: readonly string[], catalogue: Catalogue): RunbookLibrary {
  const runbooks: Runbook[] = [];
  const broken: { file: string; problems: readonly YamlProblem[] }[] = [];
  for (const file of paths.flatMap(yamlFiles)) {
    const result = checkFile(file, catalogue);
    const problems = result.ok ? namesake(result.runbook, runbooks) : result.problems;
    if (result.ok && problems.length === 0) runbooks.push(result.runbook);
    else broken.push({ file, problems });
  }
  return { runbooks, broken, runbook: (name) => findRunbook(name, runbooks, broken) };
}

function checkFile(file: string, catalogue: Catalogue): ReturnType<typeof checkRunbook> {
  try {
    return checkRunbook(file, readFileSync(file, 'utf8'), catalogue);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const hint = 'Check that it is a file and its permissions.';
    return { ok: false, problems: [{ message: `cannot be read: ${error.message}`, location: start(file), hint }] };
  }
}

/** The problem of two directories that hold a runbook of the same name. */
function namesake(runbook: Runbook, others: readonly Runbook[]): YamlProblem[] {
  const other = others.find(({ name }) => name === runbook.name);
  if (!other) return [];
  const message = `there is another runbook "${runbook.name}": ${other.file}`;
  return [{ message, location: start(runbook.file), hint: 'Rename or remove one of them.' }];
}

function start(file: string): SourceLocation {
  return { file, line: 1, column: 1 };
}

/** A runbook from its text, or everything that is wrong with it. */
export function checkRunbook(
  file: string,
  text: string,
  catalogue: Catalogue,
):
  | { readonly ok: true; readonly runbook: Runbook }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] } {
  try {
    const source = parseYaml(file, text, RunbookFile, { syntax: 'runbook/syntax', invalid: 'runbook/invalid' });
    const problems = lintRunbook({ file, source, catalogue });
    return problems.length > 0
      ? { ok: false, problems }
      : { ok: true, runbook: resolveRunbook(file, text, source, catalogue) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ok: false, problems: problemsOf(error, file) };
  }
}

function problemsOf(error: OperatorError, file: string): readonly YamlProblem[] {
  const { problems } = error.details;
  if (Array.isArray(problems)) return problems;
  return [{ message: error.message, location: error.location ?? start(file) }];
}

function resolveRunbook(file: string, text: string, source: YamlSource<RunbookFile>, catalogue: Catalogue): Runbook {
  const { name, title, description, params = {}, steps, rules, offers = [] } = source.value;
  return {
    name,
    title,
    description: description.trim(),
    version: sha256(text),
    file,
    params: Object.entries(params).map(([param, entry]): Param => {
      return {
        name: param,
        type: entry.type,
        default: entry.default,
        min: entry.min,
        max: entry.max,
        unit: entry.unit,
        help: entry.help,
      };
    }),
    steps: steps.map((step): Step => {
      return {
        probe: found(catalogue.probes, step.probe),
        interval: valueFrom(step.interval ?? DEFAULT_INTERVAL_SECONDS),
      };
    }),
    rules: rules.map((use): RuleUse => {
      const thresholds = Object.entries(use.thresholds ?? {}).map(([threshold, value]) => [
        threshold,
        valueFrom(value),
      ]);
      return { rule: found(catalogue.rules, use.rule), thresholds: Object.fromEntries(thresholds) };
    }),
    offers: offers.map((offer): Offer => {
      const { remedy, for: rules, unless = [] } = offer;
      return { remedy: found(catalogue.remedies, remedy), rules, unless };
    }),
  };
}

function valueFrom(text: ValueText): Value {
  return typeof text === 'number' ? { kind: 'number', number: text } : { kind: 'param', param: text.slice(1) };
}

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const item = map.get(id);
  if (item === undefined) throw new Error(`lint let the unknown name ${id} pass`);
  return item;
}

function findRunbook(name: string, runbooks: readonly Runbook[], broken: RunbookLibrary['broken']): Runbook {
  const runbook = runbooks.find((candidate) => candidate.name === name);
  if (runbook) return runbook;
  const damaged = broken.find(({ file }) => file.endsWith(`/${name}.yaml`));
  const problem = damaged?.problems[0];
  if (problem) {
    throw new OperatorError('runbook/invalid', {
      message: `runbook "${name}" cannot run: ${problem.message}`,
      location: problem.location,
      hint: 'Mend the file; `countersign lint` shows everything that is wrong with it.',
    });
  }
  const names = runbooks.map((candidate) => candidate.name);
  throw new OperatorError('request/unknown-runbook', {
    message: `unknown runbook "${name}"`,
    hint: didYouMean(name, names) ?? (names.length === 0 ? 'There are no runbooks.' : `There are ${names.join(', ')}.`),
    details: { name },
  });
}

function yamlFiles(directory: string): string[] {
  try {
    if (statSync(directory).isFile()) return [directory];
    return readdirSync(directory)
      .filter((name) => name.endsWith('.yaml') || name.endsWith('.yml'))
      .sort()
      .map((name) => join(directory, name));
  } catch (cause) {
    throw new OperatorError('config/unreadable', {
      message: `the runbook directory ${directory} cannot be read: ${messageOf(cause)}`,
      hint: 'Create it, or set "runbooks:" in the configuration.',
      cause,
    });
  }
}
