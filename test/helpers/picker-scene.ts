import { expect } from 'vitest';
import { nearMatches } from '../../src/base/near-match.ts';
import { OperatorError } from '../../src/base/error.ts';
import type { RunbookLibrary } from '../../src/runbook/load.ts';
import type { Param, Runbook } from '../../src/runbook/runbook.ts';
import { hostsBlock, PICKER, paramBlock } from '../../src/slack/views/picker-names.ts';
import { wordRunbook } from './engine.ts';
import { REQUESTER } from './slack-app-scene.ts';
import { PATIENCE, SCENE_CHANNEL, SCENE_PEOPLE, type SlackSceneInit, setSlackScene } from './slack-scene.ts';

/** A param of a runbook, an integer between 2 and 60 unless told otherwise. */
export function testParam(name: string, changes: Partial<Param> = {}): Param {
  const usual = { name, type: 'integer', default: 10, min: 2, max: 60, unit: 'seconds' } as const;
  return { ...usual, help: `What ${name} is for.`, ...changes };
}

/** A runbook of this name that reads the word. */
export function testRunbook(name: string, ...params: Param[]): Runbook {
  return { ...wordRunbook({ path: '/word' }), name, title: `About ${name}`, description: `Tells of ${name}.`, params };
}

/** These runbooks; other names are refused as a library does. */
export function libraryOf(...runbooks: Runbook[]): RunbookLibrary {
  const names = runbooks.map(({ name }) => name);
  return {
    runbooks,
    broken: [],
    runbook: (name) => {
      const found = runbooks.find((runbook) => runbook.name === name);
      if (found) return found;
      const hint = `Did you mean ${nearMatches(name, names).join(' or ')}?`;
      throw new OperatorError('request/unknown-runbook', { message: `unknown runbook "${name}"`, hint });
    },
  };
}

/** `word` and `count`, which share the param `interval` with another default. */
export const WORD = testRunbook('word', testParam('interval'), testParam('depth', { unit: undefined }));
const COUNT = testRunbook('count', testParam('interval', { default: 30 }), testParam('limit'));

/** The ids of the fields that are shown for the word. */
export const FIELDS = {
  runbook: PICKER.runbook,
  hosts: hostsBlock(0),
  interval: paramBlock(WORD, { name: 'interval' }),
  depth: paramBlock(WORD, { name: 'depth' }),
} as const;

/** A block of the modal, as far as tests look at it. */
interface Field {
  readonly block_id: string;
  readonly element?: Readonly<Record<string, unknown>>;
  readonly text?: { readonly text: string };
}

/** The bot with two runbooks and two hosts, and hands for the picker. */
export async function setPickerScene(init: SlackSceneInit & { readonly runbooks?: RunbookLibrary } = {}) {
  const scene = await setSlackScene({
    people: SCENE_PEOPLE,
    words: { 'web-1': 'good', 'web-2': 'good' },
    runbooks: libraryOf(WORD, COUNT),
    ...init,
  });
  const { people } = scene;
  const modalText = async (user = REQUESTER): Promise<string> => JSON.stringify(await people.modal(user));
  /** Waits until the modal in front of somebody says this. */
  const says = (words: RegExp, user = REQUESTER) => expect.poll(() => modalText(user), PATIENCE).toMatch(words);
  /** Types the command and waits for the picker. */
  const open = async (text: string, user = REQUESTER, channel = SCENE_CHANNEL): Promise<void> => {
    expect(await people.command(user, channel, `/runbook ${text}`)).toMatchObject({ ok: true });
    await says(/"callback_id":"picker"/, user);
  };
  const fields = async (): Promise<readonly Field[]> =>
    ((await people.modal(REQUESTER))?.['blocks'] ?? []) as readonly Field[];
  /** What a field starts with. */
  const initial = async (block: string): Promise<unknown> => {
    const element = (await fields()).find(({ block_id }) => block_id === block)?.element;
    const option = element?.['initial_option'] as { readonly value: string } | undefined;
    return element?.['initial_value'] ?? option?.value;
  };
  /** Which hosts these are, says the dialog. */
  const hostsSaid = async (): Promise<string | undefined> =>
    (await fields()).find(({ block_id }) => block_id.startsWith(PICKER.add))?.text?.text;
  /** Uses an element of the modal; `state` is what stands in other fields. */
  const use = (action_id: string, choice: Record<string, unknown>, state: Record<string, unknown> = {}) =>
    people.act('interact', { user: REQUESTER, surface: 'modal', action_id, ...choice, state });
  const send = (values: Record<string, Record<string, unknown>> = {}, user = REQUESTER) =>
    people.act('view-submit', { user, values });
  const runs = async () => (await scene.engine.history({ limit: 10 })).map(({ run }) => run);
  return { ...scene, open, says, initial, hostsSaid, use, send, runs };
}

/** What stands in the fields of the word's dialog, by their ids. */
export function typedInto(values: Partial<Record<keyof typeof FIELDS, string>>) {
  const actions = { runbook: PICKER.runbook, hosts: PICKER.hosts, interval: PICKER.param, depth: PICKER.param };
  return Object.fromEntries(
    (Object.keys(actions) as (keyof typeof FIELDS)[])
      .filter((field) => values[field] !== undefined)
      .map((field) => [FIELDS[field], { [actions[field]]: values[field] }]),
  );
}
