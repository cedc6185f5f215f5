import { z } from 'zod';

/** Somebody opened the app's Home tab; only what is used (docs.slack.dev/reference/events/app_home_opened). */
const HomeOpened = z
  .object({
    team_id: z.string().min(1),
    event: z.object({
      type: z.literal('app_home_opened'),
      user: z.string().min(1),
      /** The direct messages of this person with the bot. */
      channel: z.string().min(1).optional(),
      /** The Messages tab is opened under the same name. */
      tab: z.literal('home'),
    }),
  })
  .transform(({ team_id, event: { user, channel } }) => ({ userId: user, teamId: team_id, channel }));
export type HomeOpened = z.output<typeof HomeOpened>;

/** Who opened their Home, or undefined when it is something else. */
export function parseHomeOpened(body: unknown): HomeOpened | undefined {
  return HomeOpened.safeParse(body).data;
}
