import { z } from 'zod';

/** A slash command as Slack delivers it; only what is used. */
const CommandPayload = z
  .object({
    text: z.string().optional(),
    user_id: z.string().min(1),
    team_id: z.string().min(1),
    channel_id: z.string().min(1),
    trigger_id: z.string().min(1),
  })
  .transform(({ text, user_id, team_id, channel_id, trigger_id }) => {
    return { text: unescaped(text ?? ''), userId: user_id, teamId: team_id, channel: channel_id, delivery: trigger_id };
  });
export type CommandPayload = z.output<typeof CommandPayload>;

/** A slash command, or undefined when it is not one. */
export function parseCommand(body: unknown): CommandPayload | undefined {
  return CommandPayload.safeParse(body).data;
}

/** Slack sends `& < >` as entities; `<…>` is then a mention or a link of its own making (docs.slack.dev/messaging/formatting-message-text). */
export function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
