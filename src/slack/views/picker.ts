import type { InputBlock, KnownBlock, ModalView } from '@slack/types';
import { count } from '../../base/format.ts';
import { plainText, shorten } from '../../base/plain-text.ts';
import { describeParam } from '../../runbook/params.ts';
import type { Param, Runbook } from '../../runbook/runbook.ts';
import { bold, code, context, paragraph, plain, present, richText } from '../blocks.ts';
import { cutTo, LIMITS } from '../limits.ts';
import type { PickerMetadata } from '../payload/picker.ts';
import type { FormDeps, PickerForm } from '../picker-form.ts';
import { askingDialog, readingDialog } from './dialog.ts';
import { addSelect, hostsText, runbookSelect } from './picker-choices.ts';
import { hostsBlock, PICKER, paramBlock, runbookOption } from './picker-names.ts';

/** What the dialog needs beside the form. */
export interface PickerInput extends FormDeps {
  readonly form: PickerForm;
  /** The slash command, where it says what to type. */
  readonly command: string;
}

/** More params than anybody fills in, and few enough for the blocks of a view. */
const PARAMS = 40;
const GIVEN_CHARACTERS = 2500;
const PARAM_CHARACTERS = 100;

/** The dialog in which a run is put together: a runbook, hosts and what they are, params; what is wrong stands at its field. */
export function renderPicker(input: PickerInput): ModalView {
  const { runbooks, form, command } = input;
  if (runbooks.runbooks.length === 0) return renderNoRunbooks(input);
  const { runbook, problems } = form;
  const params = runbook ? shownParams(runbook, form) : [];
  const hidden = (runbook?.params.length ?? 0) - params.length;
  return askingDialog({
    title: 'Run a runbook',
    callback: PICKER.callback,
    metadata: metadataOf(form),
    submit: 'Run',
    blocks: present(
      ...problems.others.slice(0, 5).map(problemBlock),
      runbookField(input),
      problems.runbook === undefined ? undefined : problemBlock(problems.runbook),
      runbook && aboutBlock(runbook),
      hostsField(form),
      hostsAnswer(input),
      ...(runbook ? params.flatMap((param) => paramFields(runbook, param, form)) : []),
      hidden > 0
        ? context({
            literal: `${count(hidden, 'more param')} of ${runbook?.name} keep their defaults here. ${command} run NAME on HOSTS param=value sets them.`,
          })
        : undefined,
      context({ literal: 'A run only looks. A fix is proposed, and waits until somebody else approves it.' }),
    ),
  });
}

function renderNoRunbooks({ runbooks: { broken }, command }: PickerInput): ModalView {
  const files = broken
    .slice(0, 10)
    .map(({ file, problems }) => `\n${shorten(file, 200)}: ${shorten(problems[0]?.message ?? 'broken', 300)}`);
  const next =
    broken.length === 0
      ? 'Put one into the runbook directory and start the bot again; the README shows how.'
      : `${count(broken.length, 'file')} cannot run:${files.join('')}\nMend them: countersign lint shows everything that is wrong.`;
  return readingDialog('No runbooks yet', [
    richText(paragraph(bold('There is no runbook to run.'), plain(`\n${next}`))),
    richText(paragraph(plain('Then: '), code(command))),
  ]);
}

function runbookField({ runbooks, form }: PickerInput): InputBlock {
  return {
    type: 'input',
    block_id: PICKER.runbook,
    dispatch_action: true,
    label: { type: 'plain_text', text: 'Runbook' },
    ...hint(runbooksHint(runbooks.runbooks.length, runbooks.broken.length)),
    element: runbookSelect(runbooks.runbooks, form.runbook),
  };
}

function runbooksHint(amount: number, broken: number): string | undefined {
  const many = amount > LIMITS.options ? `There are ${amount}: type to search.` : '';
  const mend = broken > 0 ? `${count(broken, 'file')} cannot run; list says why.` : '';
  return `${many} ${mend}`.trim() || undefined;
}

function aboutBlock({ title, description }: Runbook): KnownBlock {
  return richText(paragraph(bold(shorten(title, 200)), plain(`\n${shorten(description, 700)}`)));
}

function hostsField({ hosts, filling }: PickerForm): InputBlock {
  return {
    type: 'input',
    block_id: hostsBlock(filling),
    dispatch_action: true,
    label: { type: 'plain_text', text: 'Hosts' },
    ...hint('web-1, @web, tag:nginx, web-* or all; !web-2 leaves one out. Enter shows which hosts these are.'),
    element: {
      type: 'plain_text_input',
      action_id: PICKER.hosts,
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
      placeholder: { type: 'plain_text', text: '@web' },
      ...(hosts === '' ? {} : { initial_value: cutTo(plainText(hosts), LIMITS.inputValue) }),
    },
  };
}

/** Which hosts these are, or what is wrong with them, and the list to choose from. */
function hostsAnswer({ inventory, form }: PickerInput): KnownBlock {
  const accessory = addSelect(inventory);
  return {
    type: 'section',
    block_id: `${PICKER.add}:${form.filling}`,
    text: { type: 'plain_text', text: hostsText(inventory, form), emoji: false },
    ...(accessory ? { accessory } : {}),
  };
}

/** Those that were given come first where not all of them fit. */
function shownParams({ params }: Runbook, { given }: PickerForm): readonly Param[] {
  if (params.length <= PARAMS) return params;
  const isGiven = ({ name }: Param): boolean => given.has(name);
  return [...params.filter(isGiven), ...params.filter((param) => !isGiven(param))].slice(0, PARAMS);
}

function paramFields(runbook: Runbook, param: Param, { given, problems }: PickerForm): KnownBlock[] {
  const problem = problems.params.get(param.name);
  const value = given.get(param.name) ?? String(param.default);
  const field: InputBlock = {
    type: 'input',
    block_id: paramBlock(runbook, param),
    optional: true,
    label: { type: 'plain_text', text: cutTo(plainText(`${shorten(param.name, 80)}: ${describeParam(param)}`), 200) },
    ...hint(`${shorten(plainText(param.help), 300)} Left empty, it is ${param.default}.`),
    element: {
      type: 'plain_text_input',
      action_id: PICKER.param,
      max_length: PARAM_CHARACTERS,
      ...(value === '' ? {} : { initial_value: cutTo(plainText(value), PARAM_CHARACTERS) }),
    },
  };
  return problem === undefined ? [field] : [field, problemBlock(problem)];
}

/** A sentence of what is wrong, under its field. */
function problemBlock(said: string): KnownBlock {
  return richText(paragraph(bold('Please check: '), plain(said)));
}

function hint(text: string | undefined) {
  return text === undefined ? {} : { hint: { type: 'plain_text', text: cutTo(text, LIMITS.inputHint) } as const };
}

/** What was given goes along as far as there is room. */
function metadataOf({ channel, runbook, given }: PickerForm): string {
  let room = GIVEN_CHARACTERS;
  const kept = [...given].filter(([name, value]) => {
    room -= JSON.stringify([name, value]).length + 1;
    return room >= 0;
  });
  const metadata: PickerMetadata = { channel, shown: runbook ? runbookOption(runbook) : '', given: kept };
  return JSON.stringify(metadata);
}
