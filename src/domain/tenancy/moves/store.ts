/** SQL of moves. What crosses pods are functions of the database: see migrations/0023_moves.sql. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { MOVE_BATCH, MOVE_BATCH_BYTES, MOVED_DELIVERY_MS } from "./limits.ts";

/** An inbox as a move sees it. */
export interface MovableInbox {
  readonly id: string;
  readonly podId: string;
  readonly address: string;
}

export interface LockedInbox extends MovableInbox {
  readonly clientId: string | null;
  /** The pod that it is on its way to. */
  readonly movingTo: string | null;
}

/** Locks inboxes of a pod against all that is added to them, in key order; those that are gone are left out. */
export async function lockToMove(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
): Promise<LockedInbox[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .where("id", "=", anyOf(ids))
    .where("moving_from", "is", null)
    .select(["id", "pod_id", "address", "client_id", "moving_to"])
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map((row) => ({
    id: row.id,
    podId: row.pod_id,
    address: row.address,
    clientId: row.client_id,
    movingTo: row.moving_to,
  }));
}

/** Inboxes that go from one pod to another. */
export interface Move {
  readonly sourceId: string;
  readonly targetId: string;
  readonly inboxIds: readonly string[];
}

/** Closes inboxes that the caller has locked, and makes room for them in the other pod. */
export async function beginMove(tx: Tx, scope: Scope, { sourceId, targetId, inboxIds }: Move): Promise<void> {
  await sql`select rookery_begin_move(${sourceId}::uuid, ${targetId}::uuid, ${[...inboxIds]}::uuid[])`.execute(
    tx.within(scope),
  );
}

/** Moves what a transaction may. @returns whether there is more */
export async function moveBatch(
  tx: Tx,
  scope: Scope,
  { sourceId, targetId, inboxIds }: Move,
): Promise<boolean> {
  const { rows } = await sql<{ more: boolean }>`
    select rookery_move_batch(${sourceId}::uuid, ${targetId}::uuid, ${[...inboxIds]}::uuid[], ${MOVE_BATCH}::integer,
      ${MOVE_BATCH_BYTES}::bigint, ${MOVED_DELIVERY_MS}::float8 * interval '1 millisecond') as more`.execute(
    tx.within(scope),
  );
  return rows[0]?.more ?? false;
}

/** Has addresses, keys, counts and all that belongs to the inboxes follow what they hold. */
export async function endMove(
  tx: Tx,
  scope: Scope,
  { sourceId, targetId, inboxIds }: Move,
  at: Date,
): Promise<void> {
  await sql`select rookery_move_metrics(${sourceId}::uuid, ${targetId}::uuid, ${[...inboxIds]}::uuid[])`.execute(
    tx.within(scope),
  );
  await sql`select rookery_end_move(${sourceId}::uuid, ${targetId}::uuid, ${[...inboxIds]}::uuid[], ${at}::timestamptz)`.execute(
    tx.within(scope),
  );
}

/** Those of the client_ids that name another inbox in the pod, by client_id. */
export async function findHolders(
  tx: Tx,
  scope: Scope,
  podId: string,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (clientIds.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("client_ids")
    .where("home_id", "=", podId)
    .where("kind", "=", "inbox")
    .where("client_id", "=", anyOf(clientIds))
    .select(["client_id", "resource_id"])
    .execute();
  return new Map(rows.map((row) => [row.client_id, row.resource_id]));
}

/** Inboxes of the organization by id, by lower-case address or by client_id, those that are there. */
export async function findNamed(
  tx: Tx,
  scope: Scope,
  names: {
    readonly ids: readonly string[];
    readonly addresses: readonly string[];
    readonly clientIds: readonly string[];
  },
): Promise<(MovableInbox & { readonly clientId: string | null })[]> {
  const { rows } = await sql<{ id: string; pod_id: string; address: string; client_id: string | null }>`
    select inbox_id as id, pod_id, address, null as client_id from addresses
    where organization_id = ${scope.organizationId} and inbox_id = ${anyOf(names.ids)} and kind = 'inbox'
    union all
    select inbox_id, pod_id, address, null from addresses
    where organization_id = ${scope.organizationId} and address = ${anyOf(names.addresses)} and kind = 'inbox'
    union all
    select a.inbox_id, a.pod_id, a.address, c.client_id from client_ids as c join addresses as a on a.inbox_id = c.resource_id and a.kind = 'inbox'
    where c.organization_id = ${scope.organizationId} and c.kind = 'inbox' and c.client_id = ${anyOf(names.clientIds)}`.execute(
    tx.within(scope),
  );
  return rows.map((row) => ({
    id: row.id,
    podId: row.pod_id,
    address: row.address,
    clientId: row.client_id,
  }));
}

/** Where a walk through inboxes goes on: behind this one. */
export interface WalkCursor {
  readonly createdAt: Date;
  readonly id: string;
}

export interface Walk {
  /** Null: all pods of the organization. */
  readonly podId: string | null;
  /** Of their addresses; null: any. */
  readonly domain: string | null;
  readonly after: WalkCursor | null;
  readonly withPaused: boolean;
}

/** Inboxes that are not on their way, in the order they were made, with the last of those looked at. */
export async function walkInboxes(
  tx: Tx,
  scope: Scope,
  { podId, domain, after, withPaused }: Walk,
  limit: number,
): Promise<{ readonly inboxes: readonly MovableInbox[]; readonly last: WalkCursor | null }> {
  let query = tx.within(scope).selectFrom("inboxes").where("organization_id", "=", scope.organizationId);
  if (podId !== null) query = query.where("pod_id", "=", podId);
  if (after !== null)
    query = query.where(sql<boolean>`(created_at, id) > (${after.createdAt}, ${after.id}::uuid)`);
  const rows = await query
    .select(["id", "pod_id", "address", "created_at", "paused_at", "moving_to", "moving_from"])
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  const last = rows.length < limit ? undefined : rows.at(-1);
  const wanted = rows.filter(
    (row) =>
      row.moving_to === null &&
      row.moving_from === null &&
      (withPaused || row.paused_at === null) &&
      (domain === null || domainOf(row.address) === domain),
  );
  return {
    inboxes: wanted.map((row) => ({ id: row.id, podId: row.pod_id, address: row.address })),
    last: last === undefined ? null : { createdAt: last.created_at, id: last.id },
  };
}

/** What follows the @ of an inbox's address. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/**
 * Notes that an organization's inboxes are grouped now, unless they were after `since`.
 * @returns when they were, in that case
 */
export async function claimGrouping(tx: Tx, scope: Scope, now: Date, since: Date): Promise<Date | null> {
  const own = tx.within(scope).selectFrom("pods").where("id", "=", scope.organizationId);
  const row = await own.select("grouped_at").forNoKeyUpdate().executeTakeFirst();
  const before = row?.grouped_at ?? null;
  if (before !== null && before > since) return before;
  await tx
    .within(scope)
    .updateTable("pods")
    .set({ grouped_at: now })
    .where("id", "=", scope.organizationId)
    .execute();
  return null;
}

/** Hides a pod that the caller has locked, and ends its keys: those of its inboxes go along with them. */
export async function closePod(tx: Tx, scope: Scope, podId: string, at: Date): Promise<void> {
  const db = tx.within(scope);
  await Promise.all([
    db.updateTable("pods").set({ deleting_at: at }).where("id", "=", podId).execute(),
    db.deleteFrom("api_keys").where("pod_id", "=", podId).where("inbox_id", "is", null).execute(),
  ]);
}

/** Gives a pod's domains to another one; a client_id that is taken there is lost. */
export async function giveDomains(tx: Tx, scope: Scope, podId: string, targetId: string): Promise<void> {
  const db = tx.within(scope);
  const taken = sql`select client_id from client_ids where home_id = ${targetId} and kind = 'domain'`;
  // Which of two claims of one name was the first does not matter where none is verified.
  await sql`delete from domains where pod_id = ${podId} and status <> 'VERIFIED'
    and domain in (select domain from domains where pod_id = ${targetId})`.execute(db);
  await sql`delete from domains where pod_id = ${targetId}
    and domain in (select domain from domains where pod_id = ${podId})`.execute(db);
  await sql`update dkim_keys set pod_id = ${targetId} where pod_id = ${podId}`.execute(db);
  await sql`update domains set pod_id = ${targetId},
      client_id = case when client_id in (${taken}) then null else client_id end
    where pod_id = ${podId}`.execute(db);
  await sql`update client_ids set home_id = ${targetId}, pod_id = ${targetId}
    where home_id = ${podId} and kind = 'domain' and client_id not in (${taken})`.execute(db);
}

/** Has inboxes that are to move give up client_ids that others have in the target. */
export async function giveUpName(
  tx: Tx,
  scope: Scope,
  podId: string,
  targetId: string,
  inboxIds: readonly string[],
): Promise<void> {
  if (inboxIds.length === 0) return;
  const db = tx.within(scope);
  const taken = sql`select client_id from client_ids where home_id = ${targetId} and kind = 'inbox'`;
  await sql`delete from client_ids where home_id = ${podId} and kind = 'inbox' and resource_id = ${anyOf(inboxIds)}
    and client_id in (${taken})`.execute(db);
  await sql`update inboxes set client_id = null where pod_id = ${podId} and id = ${anyOf(inboxIds)} and client_id in (${taken})`.execute(
    db,
  );
}

/** Whether a pod has inboxes, be they on their way. */
export async function holdsInboxes(tx: Tx, scope: Scope, podId: string): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
