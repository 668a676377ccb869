/** A service that runs: what ROOKERY_SERVICES names. */
export interface Started {
  /** Of its listener; null for one that listens to nothing. */
  readonly port: number | null;
  stop(): Promise<unknown>;
}

/** Stops them at the same time. @throws when one cannot, after all have ended */
export async function together(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  const ends = await Promise.allSettled(stops.map((stop) => stop()));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, "some parts did not stop in order");
}
