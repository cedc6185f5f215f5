/** Something that an open page shows and that is now different. */
export type Change =
  | {
      readonly kind: 'messages';
      readonly channel: string;
      /** Who wrote it, when it is a new message. */
      readonly by?: string;
      /** The only member who sees it. */
      readonly user?: string;
    }
  | { readonly kind: 'modal'; readonly user: string }
  | { readonly kind: 'home'; readonly user: string }
  | { readonly kind: 'workspace' }
  | { readonly kind: 'traffic' };

/** Tells open pages what to fetch again. */
export interface Changes {
  emit(change: Change): void;
  /** Calls `listener` on every change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** A fan-out without memory: a listener sees what happens after it subscribed. */
export function createChanges(): Changes {
  const listeners = new Set<(change: Change) => void>();
  return {
    emit: (change) => {
      for (const listener of listeners) listener(change);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
