/** SQL of inboxes and their addresses. */
import type { Tx } from "../../../storage/db.ts";
import { type AnyScope, forgetHome, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { Inbox, Metadata } from "./inbox.ts";

const columns = [
  "id",
  "pod_id",
  "organization_id",
  "address",
  "display_name",
  "client_id",
  "metadata",
  "created_at",
  "updated_at",
] as const;

interface InboxRow {
  readonly id: string;
  readonly pod_id: string;
  readonly organization_id: string;
  readonly address: string;
  readonly display_name: string | null;
  readonly client_id: string | null;
  readonly metadata: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function inboxOf(row: InboxRow): Inbox {
  return {
    id: row.id,
    podId: row.pod_id,
    organizationId: row.organization_id,
    address: row.address,
    displayName: row.display_name,
    clientId: row.client_id,
    metadata: metadataOf(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function metadataOf(stored: unknown): Metadata | null {
  if (typeof stored !== "object" || stored === null) return null;
  const plain = (entry: [string, unknown]): entry is [string, string | number | boolean] =>
    ["string", "number", "boolean"].includes(typeof entry[1]);
  return Object.fromEntries(Object.entries(stored).filter(plain));
}

type Addressed = Pick<Inbox, "address" | "organizationId" | "podId" | "id">;

const addressRow = ({ address, organizationId, podId, id }: Addressed) => ({
  address,
  organization_id: organizationId,
  pod_id: podId,
  inbox_id: id,
});

/**
 * Takes the address, then makes the inbox. False when another inbox has the address, in this or any organization;
 * a concurrent taker of the same address is waited for.
 */
export async function insertInbox(tx: Tx, scope: AnyScope, inbox: Inbox): Promise<boolean> {
  const db = tx.within(scope);
  const taken = await db
    .insertInto("addresses")
    .values(addressRow(inbox))
    .onConflict((conflict) => conflict.column("address").doNothing())
    .returning("address")
    .executeTakeFirst();
  if (taken === undefined) return false;
  await db
    .insertInto("inboxes")
    .values({
      pod_id: inbox.podId,
      id: inbox.id,
      organization_id: inbox.organizationId,
      address: inbox.address,
      display_name: inbox.displayName,
      client_id: inbox.clientId,
      metadata: inbox.metadata === null ? null : JSON.stringify(inbox.metadata),
      created_at: inbox.createdAt,
      updated_at: inbox.updatedAt,
    })
    .execute();
  return true;
}

/**
 * Which of the inboxes' addresses are free in the whole installation. Only taking them tells, since a scope does not see
 * others' addresses: for a transaction that is about to fail, and gives them back by that.
 */
export async function takeFree(tx: Tx, scope: AnyScope, inboxes: readonly Addressed[]): Promise<string[]> {
  const rows = await tx
    .within(scope)
    .insertInto("addresses")
    .values(
      inboxes
        // In one order, so that two who look at the same never wait for each other.
        .toSorted((one, other) => (one.address < other.address ? -1 : 1))
        .map(addressRow),
    )
    .onConflict((conflict) => conflict.column("address").doNothing())
    .returning("address")
    .execute();
  return rows.map((row) => row.address);
}

function inboxIn(tx: Tx, scope: Scope, id: string) {
  const query = tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
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
  let query = tx.within(scope).selectFrom("inboxes").where("organization_id", "=", scope.organizationId);
  if (scope.podId !== null) query = query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("id", "=", scope.inboxId);
  return (await keyset(query.select(columns), ["created_at", "id"], page).execute()).map(inboxOf);
}

export async function updateInboxRow(tx: Tx, scope: Scope, inbox: Inbox): Promise<void> {
  await tx
    .within(scope)
    .updateTable("inboxes")
    .set({
      display_name: inbox.displayName,
      metadata: inbox.metadata === null ? null : JSON.stringify(inbox.metadata),
      updated_at: inbox.updatedAt,
    })
    .where("pod_id", "=", inbox.podId)
    .where("id", "=", inbox.id)
    .execute();
}

/** Deletes the inbox with its address, client_id, keys, threads, messages and webhooks. */
export async function deleteInboxRow(tx: Tx, scope: Scope, podId: string, id: string): Promise<void> {
  const query = tx.within(scope).deleteFrom("inboxes").where("pod_id", "=", podId).where("id", "=", id);
  await Promise.all([query.execute(), forgetHome(tx, scope, { podId, inboxId: id })]);
}

/** Address of the inbox that the scope is narrowed to; null when it is wider. */
export async function findInboxAddress(tx: Tx, scope: Scope): Promise<string | null> {
  if (scope.inboxId === null) return null;
  return (await findInbox(tx, scope, scope.inboxId))?.address ?? null;
}
