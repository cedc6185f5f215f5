import { randomBytes, randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string, Base = string> = Base & { readonly [brand]: Name };

/** A run's number, counted from 1; people type it. */
export type RunId = Branded<'RunId', number>;
/** `<run>-<n>`, for example `41-1`: the n-th proposal of a run, and the change that it becomes. */
export type ProposalId = Branded<'ProposalId'>;
/** One attempt of one change on one host; also the name of its receipt directory. */
export type AttemptId = Branded<'AttemptId'>;
/** A host's name in the inventory. */
export type HostName = Branded<'HostName'>;
/** A person's name in the configuration, the same behind Slack and Unix identities. */
export type PersonName = Branded<'PersonName'>;

export const asRunId = (value: number): RunId => value as RunId;
export const asProposalId = (value: string): ProposalId => value as ProposalId;
export const asAttemptId = (value: string): AttemptId => value as AttemptId;
export const asHostName = (value: string): HostName => value as HostName;
export const asPersonName = (value: string): PersonName => value as PersonName;

/** The only source of randomness. */
export interface Ids {
  /** Unguessable hexadecimal text; 128 bits. */
  nonce(): string;
  uuid(): string;
}

/** Randomness from the operating system. */
export const systemIds: Ids = {
  nonce: () => randomBytes(16).toString('hex'),
  uuid: () => randomUUID(),
};
