/** An entry of the audit chain, by its place and its hash; every entry before it is bound by that. */
export interface AuditHead {
  /** Counted from 1; 0 = the chain is empty. */
  readonly seq: number;
  /** SHA-256, hex; of an empty chain 64 zeros. */
  readonly hash: string;
}

/** What looking through the whole chain showed. */
export type AuditReport =
  | { readonly kind: 'sound'; readonly head: AuditHead }
  /** `seq`: the first entry that is not as it was written, or not there. */
  | { readonly kind: 'broken'; readonly seq: number; readonly problem: AuditProblem; readonly words: string };

/** How an entry differs from what was written. */
export type AuditProblem = 'altered' | 'missing' | 'out_of_order' | 'truncated' | 'added' | 'other_chain';

/** `41:0f3a…` as people note it down. */
export function formatHead({ seq, hash }: AuditHead): string {
  return `${seq}:${hash}`;
}

/** The head that somebody noted down; undefined when the text is none. */
export function parseHead(text: string): AuditHead | undefined {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}
