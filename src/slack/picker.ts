import type { ViewResponseAction } from '@slack/bolt';
import type { Clock } from '../base/clock.ts';
import { messageOf, OperatorError } from '../base/error.ts';
import type { RunId } from '../base/ids.ts';
import type { Asker } from '../engine/asker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Message } from './limits.ts';
import type { PickerChoice, PickerSubmission } from './payload/picker.ts';
import {
  type FormDeps,
  isReady,
  type PickerForm,
  type ReadyForm,
  runOf,
  sentenceOf,
  shownForm,
  withHosts,
} from './picker-form.ts';
import { type StartedDeps, showStarted } from './started.ts';
import { refusedDialog, waitingDialog } from './views/dialog.ts';
import { renderPicker } from './views/picker.ts';
import { hostsBlock, PICKER, paramBlock, runbookOption } from './views/picker-names.ts';

/** What the picker works with. */
export interface PickerDeps extends FormDeps, StartedDeps {
  readonly engine: Engine;
  readonly clock: Clock;
}

/** The one modal that an act may open, and its changes. */
export interface Dialog {
  /** Opens it, which has to be at once: a trigger lives three seconds. Resolves to its id. */
  open(view: ReturnType<typeof renderPicker>): Promise<string>;
  update(viewId: string, view: ReturnType<typeof renderPicker>): Promise<void>;
}

/** A trigger lives three seconds: who asks is waited for this long before a dialog is opened that shows nothing yet. */
const KNOWN_WITHIN_MS = 1000;

/** An answer to a modal that was sent takes at most three seconds; a denial that is known by then is shown in it. */
const DENIED_WITHIN_MS = 1500;

/**
 * Opens the picker, or says in a dialog why not. It names hosts and runbooks, so nothing of it is shown to anybody before
 * it is known who they are; sending it checks all of it again. Throws slack/unreachable, with what was wrong in what was
 * typed, when Slack does not open it, and what `asker` throws to whom that cannot be shown.
 */
export async function openPicker(
  deps: Pick<PickerDeps, 'runbooks' | 'inventory' | 'command' | 'clock'>,
  form: PickerForm,
  { dialog, asker }: { readonly dialog: Dialog; asker(): Promise<Asker> },
): Promise<void> {
  const judged = judge(asker).then((refusal) => {
    return { refusal, view: refusal ? refusedDialog(refusal) : renderPicker({ ...deps, form }) };
  });
  const soon = await within(deps.clock, KNOWN_WITHIN_MS, judged);
  let opened: string;
  try {
    opened = await dialog.open(soon?.view ?? waitingDialog('Run a runbook'));
  } catch (cause) {
    const { refusal } = await judged;
    if (refusal) throw refusal;
    // A call that was repeated because its answer was lost finds the trigger taken, and the dialog open.
    if (/exchanged_trigger_id/.test(messageOf(cause))) return;
    throw notOpened(deps, form, cause);
  }
  if (soon) return;
  const { refusal, view } = await judged;
  await dialog.update(opened, view).catch((cause: unknown) => {
    throw refusal ?? notOpened(deps, form, cause);
  });
}

/** Why somebody may not ask; undefined = they may. */
async function judge(asker: () => Promise<Asker>): Promise<OperatorError | undefined> {
  try {
    await asker();
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

function notOpened({ command }: { readonly command: string }, form: PickerForm, cause: unknown): OperatorError {
  const { runbook, hosts, problems } = form;
  const wrong = [problems.runbook, problems.hosts, ...problems.params.values()].filter((said) => said !== undefined);
  const missing = [
    ...(runbook || problems.runbook !== undefined ? [] : ['Which runbook?']),
    ...(hosts === '' ? ['On which hosts?'] : []),
  ];
  return new OperatorError('slack/unreachable', {
    message: ['Slack did not open the dialog in time.', ...wrong, ...missing].join(' '),
    hint: `Try again, or write all of it: ${command} run NAME on HOSTS. ${command} help shows the rest.`,
    cause,
  });
}

/** What the picker shows after something was chosen or entered in it. */
export function afterChoice(deps: Pick<PickerDeps, 'runbooks' | 'inventory' | 'command'>, choice: PickerChoice) {
  const form = shownForm(deps, choice.view);
  const { action, chosen } = choice;
  const next = action === PICKER.add && chosen !== undefined ? withHosts(deps, form, chosen) : form;
  return renderPicker({ ...deps, form: next });
}

/** What was sent: a run to start, or what is said in the dialog instead. */
export type Sent =
  | { readonly kind: 'ready'; readonly form: ReadyForm }
  | { readonly kind: 'not_yet'; readonly answer: ViewResponseAction };

/** Checks what was sent as if it had been typed; nothing in the view is believed. */
export function readSent(
  deps: Pick<PickerDeps, 'runbooks' | 'inventory' | 'command'>,
  { view }: PickerSubmission,
): Sent {
  const form = shownForm(deps, view);
  const { runbook, hosts, problems } = form;
  if (runbook && runbookOption(runbook) !== view.metadata.shown) {
    const unseen = { ...problems, runbook: `These are the params of ${runbook.name}. Look at them, then run it.` };
    const next = renderPicker({ ...deps, form: { ...form, problems: unseen } });
    return { kind: 'not_yet', answer: { response_action: 'update', view: next } };
  }
  if (isReady(form)) return { kind: 'ready', form };
  const errors = {
    ...(runbook ? {} : { [PICKER.runbook]: problems.runbook ?? 'Choose a runbook.' }),
    ...(hosts === '' ? { [hostsBlock(form.filling)]: 'Name hosts, for example @web.' } : {}),
    ...(problems.hosts === undefined ? {} : { [hostsBlock(form.filling)]: problems.hosts }),
    ...Object.fromEntries([...problems.params].flatMap(([name, said]) => paramError(form, name, said))),
  };
  return { kind: 'not_yet', answer: { response_action: 'errors', errors } };
}

function paramError({ runbook }: PickerForm, name: string, said: string): [string, string][] {
  return runbook ? [[paramBlock(runbook, { name }), said]] : [];
}

/**
 * Starts what was sent. `answer` is called once, in time: with what keeps it from being a run where that is known by
 * then, else with nothing, which closes the dialog. Throws what becomes known later; resolves to what is to be told.
 */
export async function startSent(
  deps: PickerDeps,
  form: ReadyForm,
  { asker, answer }: { asker(): Promise<Asker>; answer(response?: ViewResponseAction): Promise<void> },
): Promise<Message | undefined> {
  const starting = begin(deps, form, asker);
  const soon = await within(deps.clock, DENIED_WITHIN_MS, starting);
  if (soon?.kind === 'denied') {
    await answer(soon.answer);
    return undefined;
  }
  await answer();
  const begun = await starting;
  if (begun.kind === 'denied') throw begun.error;
  return showStarted(deps, begun.id);
}

type Begun =
  | { readonly kind: 'started'; readonly id: RunId }
  | { readonly kind: 'denied'; readonly error: OperatorError; readonly answer: ViewResponseAction };

async function begin({ engine }: PickerDeps, form: ReadyForm, whoAsks: () => Promise<Asker>): Promise<Begun> {
  let asker: Asker | undefined;
  try {
    asker = await whoAsks();
    return { kind: 'started', id: await engine.start({ ...asker, ...runOf(form), channel: form.channel }) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const answer: ViewResponseAction = asker
      ? { response_action: 'errors', errors: { [fieldOf(error, form)]: sentenceOf(error) } }
      : { response_action: 'update', view: refusedDialog(error) };
    return { kind: 'denied', error, answer };
  }
}

/** The field that an error of the engine belongs to; what it says about a run as a whole stands at the hosts. */
function fieldOf({ code, details }: OperatorError, { runbook, filling }: ReadyForm): string {
  const param = runbook.params.find(({ name }) => name === details['param']);
  if (param) return paramBlock(runbook, param);
  return code === 'request/unknown-runbook' || code.startsWith('runbook/') ? PICKER.runbook : hostsBlock(filling);
}

/** What comes of it in time; undefined = not yet. */
async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  const waiting = new AbortController();
  const late = clock.sleep(ms, waiting.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    waiting.abort();
  }
}
