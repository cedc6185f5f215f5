import { type Child, h } from './dom.ts';
import type { Place, World } from './model.ts';
import type { Page } from './page.ts';
import { isDirect, placeTitle } from './places.ts';
import { currentPlace } from './state.ts';

/** The line above the messages: where the person is, and what there is to know about the place. */
export interface Head {
  readonly element: HTMLElement;
  /** Shows the present place; returns what it is called. */
  draw(): string;
}

/** An empty head. */
export function createHead({ state }: Page): Head {
  const title = h('h1', {});
  const topic = h('p', { class: 'topic' });
  const notice = h('p', { class: 'place-notice', role: 'note' });
  return {
    element: h('header', { class: 'main-head' }, h('div', { class: 'main-title' }, title, topic), notice),
    draw: () => {
      const { world, me } = state;
      const place = currentPlace(state);
      const called = place === undefined ? `${world.bot.name} Home` : calledOf(place, world, me);
      title.textContent = called;
      topic.textContent = place?.topic ?? '';
      const news = place === undefined ? undefined : noticeOf(place, world);
      notice.hidden = news === undefined;
      notice.replaceChildren(...(news === undefined ? [] : [news]));
      return called;
    },
  };
}

function calledOf(place: Place, world: World, me: string): string {
  const name = placeTitle(place, world, me);
  return isDirect(place) ? name : `#${name}`;
}

/** What makes this place different from a channel of the workspace with everybody in it. */
function noticeOf(place: Place, { bot }: World): string | undefined {
  const says: readonly Child[] = [
    place.isArchived && 'This channel is archived: it can be read, and nothing can be written.',
    place.isExtShared && 'This channel is shared with another organisation.',
    place.isPrivate && 'Only the people who were invited see this channel.',
    (place.withoutBot || place.between) && `${bot.name} is not in this conversation and does not see it.`,
  ];
  const words = says.filter((one) => typeof one === 'string');
  return words.length === 0 ? undefined : words.join(' ');
}
