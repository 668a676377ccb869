/** SQL of pods on their way out: suspended, closed, and emptied in batches. */
import { type RawBuilder, sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import { distributedTables } from "../../../storage/distributed-tables.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";

/** Suspends pods that the caller has locked, or changes when those that are suspended are deleted; null: when somebody asks for it. */
export async function setSuspended(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
  { now, deleteAfter }: { readonly now: Date; readonly deleteAfter: Date | null },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("pods")
    .set(({ fn, ref }) => ({
      suspended_at: fn.coalesce(ref("suspended_at"), sql<Date>`${now}::timestamptz`),
      delete_after: deleteAfter,
      updated_at: now,
    }))
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
}

export async function endSuspension(tx: Tx, scope: Scope, ids: readonly string[], now: Date): Promise<void> {
  await tx
    .within(scope)
    .updateTable("pods")
    .set({ suspended_at: null, delete_after: null, updated_at: now })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
}

/** Closes pods that the caller has locked: nobody finds them from now on, and what is the organization's is attached no more. */
export async function setDeleting(tx: Tx, scope: Scope, ids: readonly string[], now: Date): Promise<void> {
  await tx
    .within(scope)
    .updateTable("pods")
    .set(({ fn, ref }) => ({
      suspended_at: fn.coalesce(ref("suspended_at"), sql<Date>`${now}::timestamptz`),
      delete_after: now,
      deleting_at: now,
      policy_id: null,
      rule_ids: [],
      updated_at: now,
    }))
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
}

/** Frees the names, keys, addresses and domains of pods at once; those of inboxes that are on their way to another pod stay theirs. */
export async function forgetPods(tx: Tx, scope: Scope | SystemScope, ids: readonly string[]): Promise<void> {
  const leaving = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", anyOf(ids))
    .where("moving_to", "is not", null)
    .select("id")
    .execute();
  const inboxes = leaving.map(({ id }) => id);
  await sql`select rookery_forget_pods(${[...ids]}::uuid[], ${inboxes}::uuid[])`.execute(tx.within(scope));
}

/** @returns pods whose grace is over, with their organizations, at most `limit` */
export function findOverdue(
  tx: Tx,
  scope: SystemScope,
  now: Date,
  limit: number,
): Promise<{ readonly id: string; readonly organizationId: string }[]> {
  return tx
    .within(scope)
    .selectFrom("pods")
    .where("delete_after", "<=", now)
    .where("deleting_at", "is", null)
    .select(["id", "organization_id as organizationId"])
    .orderBy("delete_after")
    .limit(limit)
    .execute();
}

/** A closed pod. */
export interface ClosedPod {
  readonly id: string;
  /** Rows that it holds, of those that there may be many of; those of each table counted up to a bound. */
  readonly rows: number;
  /** Whether an inbox is on its way into it or out of it, which is waited for. */
  readonly isMoving: boolean;
}

/** What happened is on record for its time, also of a pod that is gone. */
const keptTables: readonly string[] = ["audit"];

/**
 * Tables of which a pod may have many rows, in the order in which they are emptied: each before those that its rows refer to, so that
 * no deletion cascades far. One keyed by the pod alone has a row of it, which goes with the pod's.
 */
const emptiedTables = distributedTables
  .filter(({ table, key }) => key.length > 0 && !keptTables.includes(table))
  .toReversed();

/** Key of the advisory lock that whoever deletes closed pods holds; arbitrary but fixed. */
const ERASE_LOCK = 7_406_552_028;

/** Has one transaction at a time delete closed pods, over all processes, until it ends. @returns false: another one does */
export async function lockErasing(tx: Tx, scope: SystemScope): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(${ERASE_LOCK}::bigint) as locked`.execute(tx.within(scope));
  return rows[0]?.locked === true;
}

/** The longest closed pods first, at most `limit`. @param bound of rows counted in a table */
export async function findClosed(
  tx: Tx,
  scope: SystemScope,
  limit: number,
  bound: number,
): Promise<ClosedPod[]> {
  const counts = emptiedTables.map(
    ({ table }) =>
      sql`(select count(*)::integer from (select from ${sql.table(table)} where pod_id = p.id limit ${bound}) as r)`,
  );
  const { rows } = await sql<ClosedPod>`
    select p.id, ${sql.join(counts, sql` + `)} as rows, exists (
      select from inboxes where pod_id = p.id and (moving_to is not null or moving_from is not null)) as "isMoving"
    from pods as p where p.delete_after is not null and p.deleting_at is not null
    order by p.delete_after, p.id limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** Deletes up to `limit` rows of a pod, out of the first table that has any. @returns how many; 0: it holds nothing large any more */
export async function deleteSomeOf(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  limit: number,
): Promise<number> {
  for (const { table, key } of emptiedTables) {
    const columns = sql.join(key.map((name) => sql.ref(name)));
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)} where pod_id = ${podId}::uuid and (${columns}) in (
        select ${columns} from ${sql.table(table)} where pod_id = ${podId}::uuid and ${mayGo(table)} limit ${limit})`.execute(
      tx.within(scope),
    );
    if (numAffectedRows !== undefined && numAffectedRows > 0n) return Number(numAffectedRows);
  }
  return 0;
}

/** An inbox that is on its way goes when it has arrived, or is the other pod's. */
const mayGo = (table: string): RawBuilder<unknown> =>
  table === "inboxes" ? sql`moving_to is null and moving_from is null` : sql`true`;

/** Deletes closed pods with all that they hold: with what was added to them since they were closed, too. */
export async function deleteWhole(tx: Tx, scope: SystemScope, ids: readonly string[]): Promise<void> {
  const db = tx.within(scope);
  // Refers to nothing, so that it goes with nothing.
  await db.deleteFrom("search_queue").where("pod_id", "=", anyOf(ids)).execute();
  await db.deleteFrom("inboxes").where("pod_id", "=", anyOf(ids)).execute();
  await db.deleteFrom("pods").where("id", "=", anyOf(ids)).execute();
  await sql`select rookery_forget_pods(${[...ids]}::uuid[], '{}')`.execute(db);
}
