/** SQL of list entries. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import { holdOwner, type Owner, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import {
  type Direction,
  directions,
  type List,
  type ListEntry,
  type ListHome,
  listTypes,
} from "./list-entry.ts";

/** Entries of one list of exactly this home: not of those inside it. */
function entriesIn(tx: Tx, scope: Scope, { podId, inboxId }: Owner, { direction, listType }: List) {
  return tx
    .within(scope)
    .selectFrom("list_entries")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", podId === null ? "is" : "=", podId)
    .where("inbox_id", inboxId === null ? "is" : "=", inboxId)
    .where("direction", "=", direction)
    .where("list_type", "=", listType)
    .selectAll();
}

type EntryRow = Awaited<ReturnType<ReturnType<typeof entriesIn>["execute"]>>[number];

function known<Value extends string>(values: readonly Value[], stored: string): Value {
  const value = values.find((one) => one === stored);
  if (value === undefined) throw new Error(`a list entry has the unknown ${stored}`);
  return value;
}

const entryOf = (row: EntryRow, { inboxAddress }: ListHome): ListEntry => ({
  id: row.id,
  organizationId: row.organization_id,
  podId: row.pod_id,
  inboxId: row.inbox_id,
  inboxAddress,
  direction: known(directions, row.direction),
  listType: known(listTypes, row.list_type),
  entry: row.entry,
  reason: row.reason,
  createdAt: row.created_at,
});

/** By their text. Fetches one row more than the page, so that the caller knows whether there is another. */
export async function listEntries(
  tx: Tx,
  scope: Scope,
  home: ListHome,
  list: List,
  page: PageRequest,
): Promise<ListEntry[]> {
  const rows = await keyset(entriesIn(tx, scope, home, list), ["entry"], page, ["text"]).execute();
  return rows.map((row) => entryOf(row, home));
}

type OnList = List & { readonly entry: string };

export async function findEntry(tx: Tx, scope: Scope, home: ListHome, on: OnList): Promise<ListEntry | null> {
  const row = await entriesIn(tx, scope, home, on).where("entry", "=", on.entry).executeTakeFirst();
  return row === undefined ? null : entryOf(row, home);
}

/** How many entries the list has, counted to `most`. */
export async function countEntries(
  tx: Tx,
  scope: Scope,
  home: Owner,
  list: List,
  most: number,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (${entriesIn(tx, scope, home, list).clearSelect().select("id").limit(most)}) as entries`.execute(
    tx.within(scope),
  );
  return rows[0]?.n ?? 0;
}

/** False when it is on the list already; a concurrent insert of it is waited for. */
export async function insertEntry(tx: Tx, scope: Scope, entry: ListEntry): Promise<boolean> {
  const held = holdOwner(tx, scope, entry);
  const inserted = tx
    .within(scope)
    .insertInto("list_entries")
    .values({
      id: entry.id,
      organization_id: entry.organizationId,
      pod_id: entry.podId,
      inbox_id: entry.inboxId,
      direction: entry.direction,
      list_type: entry.listType,
      entry: entry.entry,
      reason: entry.reason,
      created_at: entry.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  const [row] = await Promise.all([inserted, held]);
  return row !== undefined;
}

/** False when it is not on the list. */
export async function deleteEntry(
  tx: Tx,
  scope: Scope,
  { podId, inboxId }: Owner,
  on: OnList,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .deleteFrom("list_entries")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", podId === null ? "is" : "=", podId)
    .where("inbox_id", inboxId === null ? "is" : "=", inboxId)
    .where("direction", "=", on.direction)
    .where("list_type", "=", on.listType)
    .where("entry", "=", on.entry)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** What the lists of one level message: see rookery_listed in migrations/0011_list_entries.sql. */
export interface Listed {
  /** 0: the inbox's; 1: its pod's; 2: the organization's. */
  readonly level: number;
  readonly listType: string;
  /** Null: the list has entries. */
  readonly entry: string | null;
}

/** What the lists of an inbox and of all around it say of `names`, whatever of them the scope may read. */
export async function findListed(
  tx: Tx,
  scope: Scope,
  inbox: { readonly podId: string; readonly id: string },
  direction: Direction,
  names: readonly string[],
): Promise<Listed[]> {
  const { rows } = await sql<{ level: number; list_type: string; entry: string | null }>`
    select level, list_type, entry
    from rookery_listed(${inbox.podId}::uuid, ${inbox.id}::uuid, ${direction}, ${[...names]}::text[])`.execute(
    tx.within(scope),
  );
  return rows.map(({ level, list_type, entry }) => ({ level, listType: list_type, entry }));
}
