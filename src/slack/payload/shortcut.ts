import { z } from 'zod';

/** A shortcut used on a message; only what is used. What the message says of itself is not believed, only where it is. */
const MessageShortcut = z
  .object({
    type: z.literal('message_action'),
    trigger_id: z.string().min(1),
    user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
    team: z.object({ id: z.string().min(1) }).nullish(),
    channel: z.object({ id: z.string().min(1) }),
    message: z.object({ ts: z.string().min(1), thread_ts: z.string().min(1).optional() }),
  })
  .transform(({ trigger_id, user, team, channel, message }) => {
    return {
      userId: user.id,
      teamId: user.team_id ?? team?.id ?? '',
      channel: channel.id,
      trigger: trigger_id,
      ts: message.ts,
      /** The message that a thread hangs on; undefined outside threads. */
      threadTs: message.thread_ts,
    };
  });
export type MessageShortcut = z.output<typeof MessageShortcut>;

/** A message shortcut, or undefined when it is not one. */
export function parseMessageShortcut(body: unknown): MessageShortcut | undefined {
  return MessageShortcut.safeParse(body).data;
}
