/** A write was refused because somebody else has the lease by now: whoever gets this stops, and nothing was written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(subject: string) {
    super(`the lease on ${subject} was lost`);
  }
}
