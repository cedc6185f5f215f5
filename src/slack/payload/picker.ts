import { z } from 'zod';

const State = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({ value: z.string().nullish(), selected_option: z.object({ value: z.string() }).nullish() }),
  ),
);

/** What the picker carries beside its fields; the run is checked as if it were typed, and only goes where it was asked. */
const Metadata = z.object({
  /** The form of Slack's ids of channels, groups and direct messages. */
  channel: z.string().regex(/^[CDG][A-Z0-9]{1,30}$/),
  /** The runbook whose params are shown. */
  shown: z.string().max(75),
  /** What was given for params, by name. */
  given: z.array(z.tuple([z.string(), z.string()])),
});
export type PickerMetadata = z.output<typeof Metadata>;

const View = z
  .object({ id: z.string().min(1), hash: z.string(), private_metadata: z.string(), state: z.object({ values: State }) })
  .transform(({ id, hash, private_metadata, state }, context) => {
    const metadata = Metadata.safeParse(jsonOf(private_metadata)).data;
    if (!metadata) {
      context.addIssue({ code: 'custom', message: 'not the picker' });
      return z.NEVER;
    }
    /** What stands in the fields, by block; a block has one element. */
    const fields = Object.entries(state.values).map(([block, elements]): [string, string] => {
      const [element] = Object.values(elements);
      return [block, element?.value ?? element?.selected_option?.value ?? ''];
    });
    return { id, hash, metadata, fields: new Map(fields) };
  });
/** The picker as it stands in front of a person. */
export type PickerView = z.output<typeof View>;

const Person = {
  trigger_id: z.string().min(1),
  user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
  team: z.object({ id: z.string().min(1) }).nullish(),
};

const Submission = z
  .object({ type: z.literal('view_submission'), ...Person, view: View })
  .transform(({ trigger_id, user, team, view }) => {
    return { userId: user.id, teamId: user.team_id ?? team?.id ?? '', delivery: trigger_id, view };
  });
/** A picker that was sent; who sent it is `user`, never anything in the view. */
export type PickerSubmission = z.output<typeof Submission>;

/** A picker that was sent, or undefined when it is not one. */
export function parsePickerSubmission(body: unknown): PickerSubmission | undefined {
  return Submission.safeParse(body).data;
}

const Choice = z
  .object({
    type: z.literal('block_actions'),
    view: View,
    actions: z
      .tuple([z.object({ action_id: z.string(), selected_option: z.object({ value: z.string() }).nullish() })])
      .rest(z.unknown()),
  })
  .transform(({ view, actions: [action] }) => {
    return { view, action: action.action_id, chosen: action.selected_option?.value };
  });
/** Something that was chosen or entered in the picker. */
export type PickerChoice = z.output<typeof Choice>;

/** A choice in the picker, or undefined when it is not one. */
export function parsePickerChoice(body: unknown): PickerChoice | undefined {
  return Choice.safeParse(body).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
