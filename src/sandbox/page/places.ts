import type { Place, World } from './model.ts';

/** Where a member is: their channels, and their direct messages. */
export function placesOf(world: World, me: string): readonly Place[] {
  return world.channels.filter(({ directWith, between, members }) => {
    if (directWith !== undefined) return directWith === me;
    if (between !== undefined) return between.includes(me);
    return members === undefined || members.includes(me);
  });
}

/** Whether a place is somebody's direct messages. */
export function isDirect({ directWith, between }: Place): boolean {
  return directWith !== undefined || between !== undefined;
}

/** What a place is called: its name, or that of the other person. */
export function placeTitle(place: Place, world: World, me: string): string {
  if (place.directWith !== undefined) return world.bot.name;
  if (place.between !== undefined) {
    const other = place.between.find((id) => id !== me);
    return world.members.find(({ id }) => id === other)?.name ?? place.name;
  }
  return place.name;
}
