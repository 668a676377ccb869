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

/** Where one inbox is, and its address; null when it does not exist. */
export async function findInboxHome(
  tx: Tx,
  scope: AnyScope,
  inboxId: string,
): Promise<{ readonly organizationId: string; readonly podId: string; readonly address: string } | null> {
  const podId = (await findPodsOfInboxes(tx, scope, [inboxId])).get(inboxId)?.podId;
  if (podId === undefined) return null;
  const row = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .where("id", "=", inboxId)
    .select(["organization_id", "address"])
    .executeTakeFirst();
  return row === undefined ? null : { organizationId: row.organization_id, podId, address: row.address };
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
