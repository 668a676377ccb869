/** SQL of inboxes and their addresses. */
import { sql } from "kysely";
import { byKey, inTheirPod } from "../../../storage/by-key.ts";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import { type AnyScope, deleteOwned, type Scope } from "../../door/access/index.ts";
import { firstByName } from "../../door/batch.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { Inbox } from "./inbox.ts";
import { columns, inboxOf } from "./rows.ts";
import { insertWords } from "./words-store.ts";

export type Addressed = Pick<Inbox, "address" | "organizationId" | "podId" | "id">;

/**
 * Takes addresses that are free in the whole installation; concurrent takers of the same are waited for. Of two rows with one
 * address the first counts. @returns the rows inserted
 */
export async function insertAddresses(
  tx: Tx,
  scope: AnyScope,
  wanted: readonly Addressed[],
): Promise<Addressed[]> {
  if (wanted.length === 0) return [];
  const byAddress = firstByName(wanted, ({ address }) => address);
  const rows = [...byAddress.values()].map(({ address, organizationId, podId, id }) => ({
    address,
    organization_id: organizationId,
    pod_id: podId,
    inbox_id: id,
  }));
  const free = sql`on conflict (address) do nothing returning address`;
  const inserted = await insertion<{ readonly address: string }>("addresses", rows, free).execute(
    tx.within(scope),
  );
  return inserted.rows.flatMap(({ address }) => byAddress.get(address) ?? []);
}

/** The pods that have addresses, as their own or as aliases, as far as the scope sees them. @returns by address */
export async function findPodsOfAddresses(
  tx: Tx,
  scope: Scope,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (addresses.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .where("organization_id", "=", scope.organizationId)
    .where("address", "=", anyOf(addresses))
    .select(["address", "pod_id"])
    .execute();
  return new Map(rows.map((row) => [row.address, row.pod_id]));
}

/** Gives addresses back that no inbox was made for. */
export async function deleteAddresses(tx: Tx, scope: AnyScope, addresses: readonly string[]): Promise<void> {
  await tx.within(scope).deleteFrom("addresses").where("address", "=", anyOf(addresses)).execute();
}

/** Makes inboxes whose addresses are taken. */
export async function insertInboxes(tx: Tx, scope: AnyScope, inboxes: readonly Inbox[]): Promise<void> {
  if (inboxes.length === 0) return;
  const rows = inboxes.map((inbox) => ({
    pod_id: inbox.podId,
    id: inbox.id,
    organization_id: inbox.organizationId,
    address: inbox.address,
    display_name: inbox.displayName,
    client_id: inbox.clientId,
    metadata: inbox.metadata,
    state: inbox.state,
    paused_at: inbox.pausedAt,
    paused_from: inbox.pausedFrom,
    created_at: inbox.createdAt,
    updated_at: inbox.updatedAt,
  }));
  await Promise.all([insertion("inboxes", rows).execute(tx.within(scope)), insertWords(tx, scope, inboxes)]);
}

/** Those of the inboxes that the scope has, in no order. */
export async function findInboxes(tx: Tx, scope: Scope, ids: readonly string[]): Promise<Inbox[]> {
  if (ids.length === 0) return [];
  // By way of the addresses: an inbox's own key begins with its pod.
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "addresses.pod_id").onRef("inboxes.id", "=", "addresses.inbox_id"),
    )
    .where("addresses.inbox_id", "=", anyOf(ids))
    .where("addresses.kind", "=", "inbox")
    .where("addresses.organization_id", "=", scope.organizationId)
    .select(columns.map((column) => `inboxes.${column}` as const))
    .execute();
  return rows.map(inboxOf);
}

/** Inboxes of the pods, in the order in which they were made, `limit` at most. */
export async function findInboxesOfPods(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[],
  limit: number,
): Promise<Inbox[]> {
  if (podIds.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", "=", anyOf(podIds))
    .where("moving_from", "is", null)
    .select(columns)
    .orderBy("pod_id")
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(inboxOf);
}

/** The inbox of a lower-case address, if the scope has it. */
export async function findInboxesByAddress(tx: Tx, scope: Scope, address: string): Promise<Inbox[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "addresses.pod_id").onRef("inboxes.id", "=", "addresses.inbox_id"),
    )
    .where("addresses.address", "=", address)
    .where("addresses.kind", "=", "inbox")
    .where("addresses.organization_id", "=", scope.organizationId)
    .select(columns.map((column) => `inboxes.${column}` as const))
    .execute();
  return rows.map(inboxOf);
}

/** Not what holds the place of an inbox that is on its way: it counts where it comes from. */
function inboxIn(tx: Tx, scope: Scope, id: string) {
  const query = tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .where("moving_from", "is", null)
    .select(columns);
  return scope.podId === null ? query : query.where("pod_id", "=", scope.podId);
}

export async function findInbox(tx: Tx, scope: Scope, id: string): Promise<Inbox | null> {
  const row = await inboxIn(tx, scope, id).executeTakeFirst();
  return row === undefined ? null : inboxOf(row);
}

/** As findInbox, and holds off other changes of the inbox until this transaction ends; its mail goes on arriving. */
export async function lockInbox(tx: Tx, scope: Scope, id: string): Promise<Inbox | null> {
  const row = await inboxIn(tx, scope, id).forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? null : inboxOf(row);
}

export async function listInboxes(tx: Tx, scope: Scope, page: PageRequest): Promise<Inbox[]> {
  let query = tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .where("moving_from", "is", null);
  if (scope.podId !== null) query = query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("id", "=", scope.inboxId);
  return (await keyset(query.select(columns), ["created_at", "id"], page).execute()).map(inboxOf);
}

/** As lockInbox, of many and in one order. Those that are on their way here count where they come from. */
export async function lockInboxes(
  tx: Tx,
  scope: Scope,
  keys: readonly Pick<Inbox, "podId" | "id">[],
): Promise<Inbox[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", "=", anyOf([...new Set(keys.map(({ podId }) => podId))]))
    .where("id", "=", anyOf(keys.map(({ id }) => id)))
    .where("moving_from", "is", null)
    .where(inTheirPod("pod_id", keys))
    .select(columns)
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  return rows.map(inboxOf);
}

/** Writes what may change of inboxes that are locked. */
export async function updateInboxRows(tx: Tx, scope: Scope, inboxes: readonly Inbox[]): Promise<void> {
  if (inboxes.length === 0) return;
  const rows = inboxes.map((inbox) => ({
    pod_id: inbox.podId,
    id: inbox.id,
    display_name: inbox.displayName,
    metadata: inbox.metadata,
    state: inbox.state,
    paused_at: inbox.pausedAt,
    paused_from: inbox.pausedFrom,
    updated_at: inbox.updatedAt,
  }));
  await sql`
    update inboxes as i set display_name = changed.display_name, metadata = changed.metadata, state = changed.state,
      paused_at = changed.paused_at, paused_from = changed.paused_from, updated_at = changed.updated_at
    from json_populate_recordset(null::inboxes, ${JSON.stringify(rows)}) as changed
    where i.pod_id = changed.pod_id and i.id = changed.id and ${byKey("i", inboxes)}`.execute(
    tx.within(scope),
  );
}

/** @param hash as it is stored; null: the inbox has no app password any more */
export async function setAppPasswordHash(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<Inbox, "podId" | "id">,
  hash: string | null,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("inboxes")
    .set({ app_password_hash: hash })
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .execute();
}

/** Of the inbox that has the lower-case address; null where there is none, or it has no app password. */
export async function findAppPasswordHash(tx: Tx, scope: AnyScope, address: string): Promise<string | null> {
  const row = await tx
    .within(scope)
    .selectFrom("addresses")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "addresses.pod_id").onRef("inboxes.id", "=", "addresses.inbox_id"),
    )
    .where("addresses.address", "=", address)
    .where("addresses.kind", "=", "inbox")
    .select("inboxes.app_password_hash")
    .executeTakeFirst();
  return row?.app_password_hash ?? null;
}

/** Deletes the inbox with its address, client_id, keys, threads, messages and webhooks. */
export async function deleteInboxRow(tx: Tx, scope: Scope, podId: string, id: string): Promise<void> {
  const query = tx.within(scope).deleteFrom("inboxes").where("pod_id", "=", podId).where("id", "=", id);
  await Promise.all([query.execute(), deleteOwned(tx, scope, { podId, inboxId: id })]);
}

/** Addresses of inboxes, by their ids. */
export async function findInboxAddresses(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .where("inbox_id", "=", anyOf(ids))
    .where("kind", "=", "inbox")
    .select(["inbox_id", "address"])
    .execute();
  return new Map(rows.map((row) => [row.inbox_id, row.address]));
}

/** Address of the inbox that the scope is narrowed to; null when it is wider. */
export async function findInboxAddress(tx: Tx, scope: Scope): Promise<string | null> {
  const { inboxId } = scope;
  return inboxId === null ? null : ((await findInboxAddresses(tx, scope, [inboxId])).get(inboxId) ?? null);
}

/** Whether the organization has an inbox. */
export async function hasInboxes(tx: Tx, scope: Scope): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
