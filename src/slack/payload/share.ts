import { z } from 'zod';

/** The dialog that shares a run: its callback, and where in its state the channel and the note are. */
export const SHARE = {
  callback: 'run_share',
  where: { block: 'share_where', action: 'share_channel' },
  why: { block: 'share_why', action: 'share_note' },
} as const;

/** What the dialog carries to its submission. */
export const ShareMetadata = z.object({
  run: z.number().int().positive(),
  /** Where the person is told what came of it. */
  channel: z.string().nullable(),
});
export type ShareMetadata = z.output<typeof ShareMetadata>;

/** What a conversations_select or a channels_select holds (docs.slack.dev/reference/block-kit/block-elements). */
const Chosen = z.object({ selected_conversation: z.string().nullish(), selected_channel: z.string().nullish() });

const ShareSubmission = z
  .object({
    type: z.literal('view_submission'),
    trigger_id: z.string().min(1),
    user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
    team: z.object({ id: z.string().min(1) }).nullish(),
    view: z.object({
      id: z.string().min(1),
      private_metadata: z.string(),
      state: z.object({
        values: z.object({
          [SHARE.where.block]: z.object({ [SHARE.where.action]: Chosen }),
          [SHARE.why.block]: z.object({ [SHARE.why.action]: z.object({ value: z.string().nullish() }) }).optional(),
        }),
      }),
    }),
  })
  .transform(({ trigger_id, user, team, view: { id, private_metadata, state } }, context) => {
    const chosen = state.values[SHARE.where.block][SHARE.where.action];
    const target = chosen.selected_conversation ?? chosen.selected_channel ?? '';
    const metadata = metadataOf(private_metadata);
    if (!metadata || !/^[CG][A-Z0-9]+$/.test(target)) {
      context.addIssue({ code: 'custom', message: 'not a dialog of ours' });
      return z.NEVER;
    }
    const note = state.values[SHARE.why.block]?.[SHARE.why.action]?.value?.trim() ?? '';
    return {
      userId: user.id,
      teamId: user.team_id ?? team?.id ?? '',
      delivery: trigger_id,
      /** The dialog itself; what it was opened for happens once. */
      dialog: id,
      ...metadata,
      target,
      note: note === '' ? null : note,
    };
  });
export type ShareSubmission = z.output<typeof ShareSubmission>;

/** A wish to share a run, or undefined when it is not one or names no channel. */
export function parseShare(body: unknown): ShareSubmission | undefined {
  return ShareSubmission.safeParse(body).data;
}

function metadataOf(text: string): ShareMetadata | undefined {
  try {
    return ShareMetadata.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
