import { z } from 'zod';

/** A modal that was sent, as Slack delivers it; only what is used. Who sent it is `user`, never anything in the view. */
const SubmissionPayload = z
  .object({
    type: z.literal('view_submission'),
    trigger_id: z.string().min(1),
    user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
    team: z.object({ id: z.string().min(1) }).nullish(),
    view: z.object({
      private_metadata: z.string(),
      state: z.object({
        values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))),
      }),
    }),
  })
  .transform(({ trigger_id, user, team, view }) => {
    return {
      userId: user.id,
      teamId: user.team_id ?? team?.id ?? '',
      delivery: trigger_id,
      metadata: view.private_metadata,
      /** What was entered, by block and action. */
      entered: (block: string, action: string): string | undefined =>
        view.state.values[block]?.[action]?.value ?? undefined,
    };
  });
export type SubmissionPayload = z.output<typeof SubmissionPayload>;

/** A submission, or undefined when it is not one. */
export function parseSubmission(body: unknown): SubmissionPayload | undefined {
  return SubmissionPayload.safeParse(body).data;
}

const Metadata = z.object({
  proposal: z.string().regex(/^\d+-\d+$/),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  channel: z.string().nullable(),
});

/** What a confirmation carries; undefined when it is damaged. */
export function parseConfirmMetadata(text: string): z.output<typeof Metadata> | undefined {
  try {
    return Metadata.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
