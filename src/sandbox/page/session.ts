/** Who is looking and where; it lives in the address so that a reload or a second window keeps it. */
export interface Session {
  readonly token: string;
  readonly user: string | undefined;
  /** A channel's id, or `home`. */
  readonly place: string | undefined;
}

/** The session that the address holds. */
export function readSession(): Session {
  const fields = new URLSearchParams(location.hash.slice(1));
  return {
    token: fields.get('token') ?? '',
    user: fields.get('user') ?? undefined,
    place: fields.get('place') ?? undefined,
  };
}

/** Puts the session into the address without a new history entry. */
export function writeSession(session: Session): void {
  const fields = new URLSearchParams({ token: session.token });
  if (session.user) fields.set('user', session.user);
  if (session.place) fields.set('place', session.place);
  history.replaceState(null, '', `#${fields}`);
}
