import type { Member, World } from './model.ts';

/** What ids are called. */
export interface Names {
  user(id: string): string;
  channel(id: string): string;
  group(id: string): string;
  /** The member who looks, whose mentions stand out. */
  readonly me: string;
}

/** Names from the workspace, for one viewer. */
export function createNames(world: World, me: string): Names {
  return {
    me,
    user: (id) => memberOf(world, id)?.name ?? id,
    channel: (id) => world.channels.find((place) => place.id === id)?.name ?? id,
    group: (id) => world.userGroups.find((group) => group.id === id)?.handle ?? id,
  };
}

/** A person, the bot, or Slackbot. */
export function memberOf(world: World, id: string): Member | undefined {
  if (id === 'USLACKBOT') return { id, name: 'Slackbot', realName: 'Slackbot', kind: 'bot' };
  return [...world.members, world.bot].find((member) => member.id === id);
}
