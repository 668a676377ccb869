/** Labels in rows of messages and threads: the condition of lists that are narrowed by them; and lists that are narrowed by texts. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Cursor, PageRequest } from "../../door/cursor.ts";
import { ROWS_NARROWED } from "./limits.ts";

/** Places in the list of labels that are looked at before row-level security: most messages have no more. */
const FIRST_PLACES = [1, 2, 3];

/**
 * Rows that carry all of `labels`. Row-level security has the array's own operator wait until a row was found to be in scope, which
 * costs ten times as much as the look at its labels: a filter that few of 300,000 rows pass took 108 ms, of which it was 70. What
 * only compares single elements cannot leak a row, so PostgreSQL does it first: the first few, and whether there are more.
 * @param column qualified where several tables have one
 */
export function carrying(column: string, labels: readonly string[]): RawBuilder<boolean> {
  const list = sql.ref(column);
  const mayCarry = labels.map((label) => {
    const places = FIRST_PLACES.map((place) => sql`(${list})[${sql.lit(place)}] = ${label}`);
    return sql`(${sql.join(places, sql` or `)} or (${list})[${sql.lit(FIRST_PLACES.length + 1)}] is not null)`;
  });
  return sql`(${sql.join([...mayCarry, sql`${list} @> ${[...labels]}::text[]`], sql` and `)})`;
}

/** A list by labels: of messages, threads or drafts of a pod and inbox, of which null is every one. */
export interface LabelledList {
  readonly kind: "messages" | "threads" | "drafts";
  readonly podId: string | null;
  readonly inboxId: string | null;
  /** All of them must be there. */
  readonly labels: readonly string[];
  /** None of these may be there. */
  readonly hidden: readonly string[];
  readonly before: Date | null;
  readonly after: Date | null;
  /** By anything else: which rows are on the page cannot be told then. */
  readonly isNarrowed: boolean;
}

/**
 * Ids of the rows that have the labels: those of a page with the one behind it, or all of a narrowed list. Null for a list that is
 * by no label, or that is narrowed and read in its order: many of its rows have the labels.
 */
export async function labelledRows(
  tx: Tx,
  scope: Scope,
  { kind, podId, inboxId, labels, hidden, before, after, isNarrowed }: LabelledList,
  { size, after: cursor, ascending }: PageRequest,
): Promise<readonly string[] | null> {
  if (labels.length === 0) return null;
  const [place, placeId] = cursor ?? [null, null];
  const { rows } = await sql<{ ids: string[] | null }>`
    select rookery_labelled_rows(${kind}, ${podId}::uuid, ${inboxId}::uuid, ${[...labels]}::text[], ${[...hidden]}::text[],
      ${before}::timestamptz, ${after}::timestamptz, ${place}::timestamptz, ${placeId}::uuid, ${ascending}::boolean,
      ${isNarrowed ? null : size + 1}::integer) as ids`.execute(tx.within(scope));
  return rows[0]?.ids ?? null;
}

/** A list that is narrowed by texts, as patterns of LIKE, all of which must be there: in the sender or senders, in a recipient, in the subject. */
export interface NarrowedList extends Omit<LabelledList, "kind" | "isNarrowed"> {
  readonly kind: "messages" | "threads";
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
  readonly subjects: readonly string[];
}

/** How a page is read. */
export interface Chosen {
  /** Null: in the order of the list, as its index has it. */
  readonly ids: readonly string[] | null;
  /** True: these are the page's rows, with the one behind it. False: those of a label, of which the texts choose. */
  readonly arePage: boolean;
  /** Where the next page begins, when ROWS_NARROWED were read for this one, which may be short. */
  readonly resumes: Cursor | null;
}

/** Finds rows of a list by labels and texts, where it has any. */
export async function chosenRows(
  tx: Tx,
  scope: Scope,
  list: NarrowedList,
  page: PageRequest,
): Promise<Chosen> {
  const isNarrowed = [list.senders, list.recipients, list.subjects].some(({ length }) => length > 0);
  const ids = await labelledRows(tx, scope, { ...list, isNarrowed }, page);
  if (ids !== null || !isNarrowed) return { ids, arePage: !isNarrowed, resumes: null };
  return narrowedRows(tx, scope, list, page);
}

async function narrowedRows(
  tx: Tx,
  scope: Scope,
  { kind, podId, inboxId, labels, hidden, before, after, senders, recipients, subjects }: NarrowedList,
  { size, after: cursor, ascending }: PageRequest,
): Promise<Chosen> {
  const [place, placeId] = cursor ?? [null, null];
  const texts = (patterns: readonly string[]) => sql`${[...patterns]}::text[]`;
  const { rows } = await sql<{ ids: string[]; at: Date | null; id: string | null }>`
    select ids, ended_at as at, ended_id as id from rookery_rows_containing(${kind}, ${podId}::uuid, ${inboxId}::uuid,
      ${texts(labels)}, ${texts(hidden)}, ${before}::timestamptz, ${after}::timestamptz, ${place}::timestamptz, ${placeId}::uuid,
      ${ascending}::boolean, ${texts(senders)}, ${texts(recipients)}, ${texts(subjects)}, ${size + 1}::integer, ${ROWS_NARROWED}::integer)`.execute(
    tx.within(scope),
  );
  const { ids, at, id } = rows[0] ?? { ids: [], at: null, id: null };
  return { ids, arePage: true, resumes: at === null || id === null ? null : [at, id] };
}

/** Besides `carrying`, what lets PostgreSQL use the index of unread mail: it must read the label in the statement. */
export const carryingUnread = (labels: readonly string[]): RawBuilder<boolean> =>
  labels.includes("unread") ? sql`labels @> '{unread}'` : sql`true`;
