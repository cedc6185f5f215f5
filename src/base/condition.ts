/** How one part of the running product is, in words without secrets. */
export interface Condition {
  readonly ok: boolean;
  readonly words: string;
}
