/** Where inboxes are now: what was looked up before may have moved to another pod since. */
import { anyOf, type Database, type Tx } from "../../../storage/db.ts";
import { type AnyScope, type Scope, systemScope } from "./scope.ts";

export interface InboxPlace {
  readonly podId: string;
  /** The pod that it is on its way to. */
  readonly movingTo: string | null;
}

/** By the ids of the inboxes; those that do not exist are left out. */
export async function findPodsOfInboxes(
  tx: Tx,
  scope: AnyScope,
  inboxIds: readonly string[],
): Promise<ReadonlyMap<string, InboxPlace>> {
  if (inboxIds.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "addresses.pod_id").onRef("inboxes.id", "=", "addresses.inbox_id"),
    )
    .where("addresses.inbox_id", "=", anyOf(inboxIds))
    .where("addresses.kind", "=", "inbox")
    .select(["inboxes.id", "inboxes.pod_id", "inboxes.moving_to"])
    .execute();
  return new Map(rows.map((row) => [row.id, { podId: row.pod_id, movingTo: row.moving_to }]));
}

/**
 * True when the inbox of `scope` is in another pod now. Its keys go along: one that was looked up before is not found its inbox, which
 * must not look as if that had been deleted.
 */
export async function scopeHasMoved(database: Database, { podId, inboxId }: Scope): Promise<boolean> {
  if (inboxId === null) return false;
  const pods = await database.readOnce(systemScope, (tx) => findPodsOfInboxes(tx, systemScope, [inboxId]));
  const found = pods.get(inboxId);
  return found !== undefined && found.podId !== podId;
}
