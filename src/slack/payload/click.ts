import { z } from 'zod';

/** A click on a button of a message; only what is used. Who clicked is `user`, never anything in `value`. */
const ClickPayload = z
  .object({
    type: z.literal('block_actions'),
    trigger_id: z.string().min(1),
    user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
    team: z.object({ id: z.string().min(1) }).nullish(),
    channel: z.object({ id: z.string().min(1) }).optional(),
    actions: z.tuple([z.object({ action_id: z.string(), value: z.string().optional() })]).rest(z.unknown()),
  })
  .transform(({ trigger_id, user, team, channel, actions: [action] }) => {
    return {
      userId: user.id,
      teamId: user.team_id ?? team?.id ?? '',
      channel: channel?.id ?? null,
      delivery: trigger_id,
      action: action.action_id,
      value: action.value ?? '',
    };
  });
export type ClickPayload = z.output<typeof ClickPayload>;

/** A click, or undefined when it is not one. */
export function parseClick(body: unknown): ClickPayload | undefined {
  return ClickPayload.safeParse(body).data;
}

/** The proposal and digest that a button of a proposal carries. */
export function parseProposalValue(value: string): { readonly proposal: string; readonly digest: string } | undefined {
  const match = /^(\d+-\d+) ([0-9a-f]{64})$/.exec(value);
  return match?.[1] !== undefined && match[2] !== undefined ? { proposal: match[1], digest: match[2] } : undefined;
}

/** The run that a button of a run carries. */
export function parseRunValue(value: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined;
}

/** What a button is about, as the audit chain names it; a damaged value is about nothing. */
export function subjectOfClick({ value }: Pick<ClickPayload, 'value'>): string {
  const proposal = parseProposalValue(value);
  if (proposal) return `proposal:${proposal.proposal}`;
  const run = parseRunValue(value);
  return run === undefined ? 'click:damaged' : `run:${run}`;
}
