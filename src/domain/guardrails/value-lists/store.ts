/** SQL of value lists and their items. */
import { type Selectable, sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import { type ListItem, type ValueList, valueTypes } from "./value-list.ts";

interface ListRow {
  readonly id: string;
  readonly organization_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly items_count: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function listOf(row: ListRow): ValueList {
  const type = valueTypes.find((one) => one === row.type);
  if (type === undefined) throw new Error(`a value list has the unknown type ${row.type}`);
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    description: row.description,
    type,
    itemsCount: row.items_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Those that the scope sees: the organization's, or for less than it those that its pod's rules name. */
const visible = (tx: Tx, scope: Scope) =>
  tx
    .within(scope)
    .selectFrom(
      sql<
        Selectable<Tables["value_lists"]>
      >`${sql.raw(scope.podId === null ? "value_lists" : "rookery_lists_of_pod()")}`.as("lists"),
    )
    .where("organization_id", "=", scope.organizationId);

/** @param lock for those who change it or its items */
export async function findList(tx: Tx, scope: Scope, id: string, lock: boolean): Promise<ValueList | null> {
  const query = visible(tx, scope).where("id", "=", id).selectAll();
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? null : listOf(row);
}

/** Those of the lists that the scope has, in no order. */
export async function findLists(tx: Tx, scope: Scope, ids: readonly string[]): Promise<ValueList[]> {
  if (ids.length === 0) return [];
  return (await visible(tx, scope).where("id", "=", anyOf(ids)).selectAll().execute()).map(listOf);
}

/** Ids of the organization's lists with these names, oldest first. A name need not be unique. */
export async function findListsNamed(
  tx: Tx,
  scope: Scope,
  names: readonly string[],
): Promise<{ readonly id: string; readonly name: string }[]> {
  if (names.length === 0) return [];
  return visible(tx, scope)
    .where("name", "=", anyOf(names))
    .select(["id", "name"])
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** Of these values and those on the list: what either lacks, `limit` of each at most. */
export async function compareItems(
  tx: Tx,
  scope: Scope,
  listId: string,
  values: readonly string[],
  limit: number,
): Promise<{ readonly missing: readonly string[]; readonly extra: readonly string[] }> {
  const { rows } = await sql<{ value: string; missing: boolean }>`
    (select wanted.value, true as missing from unnest(${[...values]}::text[]) as wanted (value)
      where not exists (select from value_list_items i where i.list_id = ${listId}::uuid and i.value = wanted.value)
      limit ${limit})
    union all
    (select i.value, false from value_list_items i where i.list_id = ${listId}::uuid
      and i.organization_id = ${scope.organizationId}::uuid and i.value <> all (${[...values]}::text[]) limit ${limit})`.execute(
    tx.within(scope),
  );
  return {
    missing: rows.flatMap(({ value, missing }) => (missing ? [value] : [])),
    extra: rows.flatMap(({ value, missing }) => (missing ? [] : [value])),
  };
}

/** Types of those of the lists that are there, by id. */
export async function findListTypes(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
): Promise<Map<string, ValueList["type"]>> {
  if (ids.length === 0) return new Map();
  // The caller's own scope, in a transaction that may be about a pod.
  const source =
    scope.podId === null ? sql`rookery_lists_named(${[...ids]}::uuid[])` : sql`rookery_lists_of_pod()`;
  const { rows } = await sql<ListRow>`select * from ${source} as lists where id = ${anyOf(ids)}`.execute(
    tx.within(scope),
  );
  return new Map(rows.map((row) => [row.id, listOf(row).type]));
}

/** Fetches one row more than the page, so that the caller knows whether there is another. */
export async function selectLists(tx: Tx, scope: Scope, page: PageRequest): Promise<ValueList[]> {
  const rows = await keyset(visible(tx, scope).selectAll(), ["created_at", "id"], page).execute();
  return rows.map(listOf);
}

export async function countLists(tx: Tx, scope: Scope): Promise<number> {
  const row = await tx
    .within(scope)
    .selectFrom("value_lists")
    .where("organization_id", "=", scope.organizationId)
    .select(sql<number>`count(*)::int`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function insertLists(tx: Tx, scope: Scope, lists: readonly ValueList[]): Promise<void> {
  if (lists.length === 0) return;
  const rows = lists.map((list) => ({
    id: list.id,
    organization_id: list.organizationId,
    name: list.name,
    description: list.description,
    type: list.type,
    items_count: list.itemsCount,
    created_at: list.createdAt,
    updated_at: list.updatedAt,
  }));
  await insertion("value_lists", rows).execute(tx.within(scope));
}

/** Writes what may change of a list that is locked. */
export async function saveList(tx: Tx, scope: Scope, list: ValueList): Promise<void> {
  const { name, description, itemsCount: items_count, updatedAt: updated_at } = list;
  await tx
    .within(scope)
    .updateTable("value_lists")
    .set({ name, description, items_count, updated_at })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", list.id)
    .execute();
}

/** With its items. @returns whether it was there */
export async function deleteList(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const row = await tx
    .within(scope)
    .deleteFrom("value_lists")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns how many were not on the list, which is locked */
export async function insertItems(
  tx: Tx,
  scope: Scope,
  listId: string,
  values: readonly string[],
  { newId, now }: { readonly newId: () => string; readonly now: Date },
): Promise<number> {
  const rows = values.map((value) => ({
    list_id: listId,
    value,
    id: newId(),
    organization_id: scope.organizationId,
    created_at: now,
  }));
  const added = await insertion("value_list_items", rows, sql`on conflict do nothing returning 1`).execute(
    tx.within(scope),
  );
  return added.rows.length;
}

/** @returns how many were on the list, which is locked */
export async function deleteItems(
  tx: Tx,
  scope: Scope,
  listId: string,
  values: readonly string[],
): Promise<number> {
  const { numDeletedRows } = await tx
    .within(scope)
    .deleteFrom("value_list_items")
    .where("list_id", "=", listId)
    .where("value", "=", anyOf(values))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** By their text. Fetches one row more than the page. */
export async function selectItems(
  tx: Tx,
  scope: Scope,
  listId: string,
  page: PageRequest,
): Promise<ListItem[]> {
  const rows =
    scope.podId === null
      ? await itemsOf(tx, scope, listId, page)
      : (
          await sql<
            Selectable<Tables["value_list_items"]>
          >`select * from rookery_items_of_pod(${listId}::uuid,
            ${page.after?.[0] ?? null}::text, ${page.ascending}, ${page.size + 1}::integer)`.execute(
            tx.within(scope),
          )
        ).rows;
  return rows.map((row) => ({
    id: row.id,
    listId: row.list_id,
    value: row.value,
    createdAt: row.created_at,
  }));
}

function itemsOf(tx: Tx, scope: Scope, listId: string, page: PageRequest) {
  const items = tx.within(scope).selectFrom("value_list_items").where("list_id", "=", listId);
  return keyset(items.selectAll(), ["value"], page, ["text"]).execute();
}
