/** In which network namespace the probes ran and where nginx lives (namespaces(7)). */
export interface NetworkNamespaceFact {
  /** `net:[4026531840]` of the shell that ran the probes. */
  readonly own: string;
  /** Per nginx master; namespace null when root would be needed to know. */
  readonly nginxMasters: readonly { readonly pid: number; readonly namespace: string | null }[];
}
