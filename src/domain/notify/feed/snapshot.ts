/** PostgreSQL's snapshots (pg_snapshot): which transactions a statement saw. */

/** What a snapshot does not see: what began at `firstUnseen` or later, and what was under way. */
export interface Unseen {
  readonly firstUnseen: string;
  readonly underWay: readonly string[];
}

/** @param snapshot `xmin:xmax:xip,...`, as PostgreSQL writes it */
export function unseenOf(snapshot: string): Unseen {
  const [, firstUnseen, underWay = ""] = snapshot.split(":");
  if (firstUnseen === undefined) throw new Error("not a snapshot");
  return { firstUnseen, underWay: underWay === "" ? [] : underWay.split(",") };
}
