import { expect } from 'vitest';
import { type AppSceneInit, setAppScene } from './slack-app-scene.ts';
import { PATIENCE } from './slack-scene.ts';

/** The scene of the bot, and people's Homes in it. */
export async function setHomeScene(init: AppSceneInit = {}) {
  const scene = await setAppScene(init);
  const { people } = scene;
  const home = async (user: string): Promise<string> => wordsOf((await people.home(user))?.['blocks']);
  return {
    ...scene,
    home,
    open: async (user: string) => {
      expect(await people.act('open-home', { user })).toMatchObject({ ok: true });
    },
    /** Waits until somebody's Home says something. */
    homeShows: (user: string) => expect.poll(() => home(user), PATIENCE),
    /** A click on a button of somebody's Home. */
    clickHome: (user: string, action: string, block?: string) =>
      people.act('interact', {
        user,
        surface: 'home',
        action_id: action,
        ...(block === undefined ? {} : { block_id: block }),
      }),
    /** Waits until the modal in front of somebody says something. */
    modalShows: (user: string) => expect.poll(async () => wordsOf((await people.modal(user))?.['blocks']), PATIENCE),
    /** What somebody reads in their direct messages with the bot, without threads. */
    directs: async (user: string) =>
      (await people.messages(`D${user.slice(1)}`, user)).filter(
        ({ is_ephemeral, thread_ts, ts }) => !is_ephemeral && (thread_ts ?? ts) === ts,
      ),
  };
}

/** The words of blocks, each text on its own line; buttons as `[Label]`. */
export function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).filter(Boolean).join('\n');
  if (value === null || typeof value !== 'object') return '';
  const { type, text } = value as { readonly type?: unknown; readonly text?: unknown };
  if (type === 'button') return `[${wordsOf(text)}]`;
  if (typeof text === 'string') return text;
  return Object.values(value).map(wordsOf).filter(Boolean).join('\n');
}
