/** SQL of list entries. */
import { type ExpressionBuilder, sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope, Owner, Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import { directions, type List, type ListEntry, type ListOwner, listTypes } from "./list-entry.ts";

type Condition = ExpressionBuilder<Tables, "list_entries">;

/** On a list of exactly this owner: not of those inside it. */
const ofOwner =
  ({ organizationId }: Scope, { podId, inboxId }: Owner) =>
  (is: Condition) =>
    is.and([
      is("organization_id", "=", organizationId),
      is("pod_id", podId === null ? "is" : "=", podId),
      is("inbox_id", inboxId === null ? "is" : "=", inboxId),
    ]);

const onList =
  ({ direction, listType }: List) =>
  (is: Condition) =>
    is.and({ direction, list_type: listType });

const entriesOf = (tx: Tx, scope: Scope, owner: Owner) =>
  tx.within(scope).selectFrom("list_entries").where(ofOwner(scope, owner));

const entriesIn = (tx: Tx, scope: Scope, owner: Owner, list: List) =>
  entriesOf(tx, scope, owner).where(onList(list)).selectAll();

type EntryRow = Awaited<ReturnType<ReturnType<typeof entriesIn>["execute"]>>[number];

function known<Value extends string>(values: readonly Value[], stored: string): Value {
  const value = values.find((one) => one === stored);
  if (value === undefined) throw new Error(`a list entry has the unknown ${stored}`);
  return value;
}

const entryOf = (row: EntryRow, { inboxAddress }: ListOwner): ListEntry => ({
  id: row.id,
  organizationId: row.organization_id,
  podId: row.pod_id,
  inboxId: row.inbox_id,
  inboxAddress,
  direction: known(directions, row.direction),
  listType: known(listTypes, row.list_type),
  entry: row.entry,
  reason: row.reason,
  isReadOnly: row.cause !== null,
  createdAt: row.created_at,
});

/**
 * By their text. Fetches one row more than the page, so that the caller knows whether there is another. In the order of the index that has a list's entries:
 * to the planner a column that IS NULL may differ from row to row, and it would read and sort all that is suppressed in a pod for a page of its list.
 */
export async function listEntries(
  tx: Tx,
  scope: Scope,
  owner: ListOwner,
  list: List,
  page: PageRequest,
): Promise<ListEntry[]> {
  const direction = page.ascending ? "asc" : "desc";
  const inIndexOrder = entriesIn(tx, scope, owner, list)
    .orderBy("pod_id", direction)
    .orderBy("inbox_id", direction);
  const rows = await keyset(inIndexOrder, ["entry"], page, ["text"]).execute();
  return rows.map((row) => entryOf(row, owner));
}

type OnList = List & { readonly entry: string };

export async function findEntry(
  tx: Tx,
  scope: Scope,
  owner: ListOwner,
  on: OnList,
): Promise<ListEntry | null> {
  const row = await entriesIn(tx, scope, owner, on).where("entry", "=", on.entry).executeTakeFirst();
  return row === undefined ? null : entryOf(row, owner);
}

const columnsOf = (lists: readonly List[]) =>
  sql`${lists.map(({ direction }) => direction)}::text[], ${lists.map(({ listType }) => listType)}::text[]`;

/** Those of `wanted` that are on their lists. */
export async function findEntries(
  tx: Tx,
  scope: Scope,
  owner: ListOwner,
  wanted: readonly OnList[],
): Promise<ListEntry[]> {
  const rows = await entriesOf(tx, scope, owner)
    .where(
      sql<boolean>`(direction, list_type, entry) in (
        select * from unnest(${columnsOf(wanted)}, ${wanted.map(({ entry }) => entry)}::text[]))`,
    )
    .selectAll()
    .execute();
  return rows.map((row) => entryOf(row, owner));
}

/** How many entries of callers' own each of these lists has; one without any is left out. */
export async function countEntries(
  tx: Tx,
  scope: Scope,
  owner: Owner,
  lists: readonly List[],
): Promise<(List & { readonly count: number })[]> {
  const rows = await entriesOf(tx, scope, owner)
    .where(sql<boolean>`(direction, list_type) in (select * from unnest(${columnsOf(lists)}))`)
    .where("cause", "is", null)
    .select(["direction", "list_type", sql<number>`count(*)::int`.as("count")])
    .groupBy(["direction", "list_type"])
    .execute();
  return rows.map(({ direction, list_type, count }) => ({
    direction: known(directions, direction),
    listType: known(listTypes, list_type),
    count,
  }));
}

/** Puts entries on lists that they are not on: their owner is locked. */
export async function insertEntries(tx: Tx, scope: Scope, entries: readonly ListEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    id: entry.id,
    organization_id: entry.organizationId,
    pod_id: entry.podId,
    inbox_id: entry.inboxId,
    direction: entry.direction,
    list_type: entry.listType,
    entry: entry.entry,
    reason: entry.reason,
    created_at: entry.createdAt,
  }));
  await insertion("list_entries", rows).execute(tx.within(scope));
}

/** False when it is not on the list, and for a suppression. */
export async function deleteEntry(tx: Tx, scope: Scope, owner: Owner, on: OnList): Promise<boolean> {
  const row = await tx
    .within(scope)
    .deleteFrom("list_entries")
    .where(ofOwner(scope, owner))
    .where(onList(on))
    .where("entry", "=", on.entry)
    .where("cause", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** What the lists of one level message: see rookery_send_lists in migrations/0050_sends_together.sql. */
export interface Listed {
  /** 0: the inbox's; 1: its pod's; 2: the organization's. */
  readonly level: number;
  readonly listType: string;
  /** Null: the list has entries. */
  readonly entry: string | null;
  /** Of a suppressed address: why it is. */
  readonly cause?: string | null;
}

/** Names that a send of an inbox is held against. */
export interface AskedOfSend {
  readonly inbox: { readonly podId: string; readonly id: string };
  readonly names: readonly string[];
}

/** What the send lists of inboxes and of all around them say of names, whatever of them the scope may read. */
export async function findSendLists(
  tx: Tx,
  scope: Scope,
  asked: readonly AskedOfSend[],
): Promise<readonly (readonly Listed[])[]> {
  const wanted = asked.map(({ inbox, names }, at) => ({ at, pod: inbox.podId, inbox: inbox.id, names }));
  const { rows } = await sql<Omit<Listed, "listType"> & { at: number; list_type: string }>`
    select at, level, list_type, entry, cause from rookery_send_lists(${JSON.stringify(wanted)})`.execute(
    tx.within(scope),
  );
  const listed = asked.map((): Listed[] => []);
  for (const { at, list_type: listType, ...row } of rows) listed[at]?.push({ ...row, listType });
  return listed;
}

/** As Listed, of senders of mail: `at` is the sender's place among those that were asked for. */
export interface ListedSender extends Listed {
  readonly at: number;
  readonly direction: string;
}

/** The levels around an inbox, as conditions on their entries. */
const levels = [
  "e.pod_id = s.pod and e.inbox_id = s.inbox",
  "e.pod_id = s.pod and e.inbox_id is null",
  "e.pod_id is null and e.inbox_id is null",
];

/** What one level has of a sender's names, and whether it has lists of those that are allowed. */
const listedAt = (condition: string, level: number): string => `
  select ${level} as level, e.direction, e.list_type, e.entry from list_entries as e
  where ${condition} and e.organization_id = s.organization and e.direction in ('receive', 'reply')
    and e.list_type in ('allow', 'block') and e.entry = any (s.names)
  union all
  select ${level}, d.direction, 'allow', null from (values ('receive'), ('reply')) as d (direction)
  where exists (select from list_entries as e
    where ${condition} and e.organization_id = s.organization and e.direction = d.direction and e.list_type = 'allow')`;

/** As a text that is made once: each mail asks it. */
const allLevels = sql.raw(levels.map(listedAt).join(" union all "));

/**
 * What the receive and reply lists around inboxes say of senders' names, in one statement. Where nobody has such a list it ends
 * after one look at an index: in its order, as without one PostgreSQL may read all the other entries to see that there is none.
 */
export async function findListedSenders(
  tx: Tx,
  scope: AnyScope,
  asked: readonly {
    readonly inbox: { readonly id: string; readonly podId: string; readonly organizationId: string };
    readonly names: readonly string[];
  }[],
): Promise<ListedSender[]> {
  const senders = asked.map(({ inbox, names }, at) => ({
    at,
    organization: inbox.organizationId,
    pod: inbox.podId,
    inbox: inbox.id,
    names,
  }));
  const { rows } = await sql<Omit<ListedSender, "listType"> & { list_type: string }>`
    select s.at, l.level, l.direction, l.list_type, l.entry
    from json_to_recordset(${JSON.stringify(senders)})
      as s (at integer, organization uuid, pod uuid, inbox uuid, names text[])
    cross join lateral (${allLevels}) as l
    where (select organization_id from list_entries where direction in ('receive', 'reply')
      order by organization_id limit 1) is not null`.execute(tx.within(scope));
  return rows.map(({ list_type: listType, ...row }) => ({ ...row, listType }));
}
