import { blocksView } from './blocks-view.ts';
import { h } from './dom.ts';
import { entryFromState } from './entries.ts';
import type { Page } from './page.ts';
import { namesFor } from './state.ts';
import { createInputs, failureText } from './surface.ts';

/** The bot's App Home for the member who looks. */
export function drawHome(page: Page, root: HTMLElement): void {
  const { state } = page;
  const view = state.home;
  const key = `${state.me}/${view?.id ?? ''}/${view?.hash ?? ''}`;
  if (root.dataset['key'] === key) return;
  root.dataset['key'] = key;
  if (view === null) {
    root.replaceChildren(h('p', { class: 'nothing' }, `${state.world.bot.name} has not published a Home for you yet.`));
    return;
  }
  const inputs = createInputs();
  root.replaceChildren(
    blocksView(view.blocks, {
      names: namesFor(state),
      world: state.world,
      api: page.api,
      inputs,
      entryOf: (blockId, actionId) => entryFromState(view.state.values, blockId, actionId),
      use: async ({ blockId, actionId, entry }) => {
        const request = {
          user: state.me,
          surface: 'home',
          block_id: blockId,
          action_id: actionId,
          value: entry,
          state: inputs.entries(),
        };
        const result = await page.api.act('interact', request);
        return result.ok ? undefined : failureText(result.error);
      },
    }),
  );
}
