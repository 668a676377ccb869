/** Labels in rows of messages and threads: the condition of lists that are narrowed by them. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";

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

/** Besides `carrying`, what lets PostgreSQL use the index of unread mail: it must read the label in the statement. */
export const carryingUnread = (labels: readonly string[]): RawBuilder<boolean> =>
  labels.includes("unread") ? sql`labels @> '{unread}'` : sql`true`;
