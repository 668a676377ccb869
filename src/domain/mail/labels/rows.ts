/** Labels in rows of messages and threads: the condition of lists that are narrowed by them. */
import { type Expression, type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { COMMON_LABEL_ROWS, LABEL_PROBE_ROWS, MAX_LABELLED } from "../limits.ts";

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

/** Labels that most messages have, at one time or another; see messages_by_label_mark in migrations/0042_lists_by_label.sql. */
const USUAL = ["received", "unread"];

/**
 * Messages of an inbox that may carry all of `labels`: what of them an index tells. Where more than MAX_LABELLED have each of the labels, null:
 * then a list in the order of time soon finds enough of them.
 */
export async function fewLabelled(
  tx: Tx,
  scope: Scope,
  inbox: { readonly podId: string; readonly id: string },
  labels: readonly string[],
): Promise<readonly string[] | null> {
  for (const label of labels.filter((one) => !USUAL.includes(one))) {
    const { rows } = await sql<{ ids: string[] }>`
      select rookery_labelled(${inbox.podId}::uuid, ${inbox.id}::uuid, ${label}, ${MAX_LABELLED + 1}) as ids`.execute(
      tx.within(scope),
    );
    const ids = rows[0]?.ids ?? [];
    if (ids.length <= MAX_LABELLED) return ids;
  }
  return null;
}

/** The first rows of a list, for `areCommon`. */
export const firstRows = (page: PageRequest): PageRequest => ({ ...page, size: LABEL_PROBE_ROWS - 1 });

/**
 * Whether so many of a list's first rows have all of `labels` that reading it in its order soon fills a page.
 * @param first those of `firstRows`, with their labels
 */
export async function areCommon(
  tx: Tx,
  scope: Scope,
  labels: readonly string[],
  first: Expression<{ readonly labels: string[] }>,
): Promise<boolean> {
  if (labels.length === 0) return false;
  const { rows } = await sql<{ common: boolean }>`
    select count(*) >= ${COMMON_LABEL_ROWS}::integer as common from ${first} as first
    where first.labels @> ${[...labels]}::text[]`.execute(tx.within(scope));
  return rows[0]?.common === true;
}

/** Threads of the scope that may carry all of `labels`, as above. */
export const fewLabelledThreads = (
  tx: Tx,
  scope: Scope,
  labels: readonly string[],
): Promise<readonly string[] | null> =>
  fewOf(
    tx,
    scope,
    // Unread ones of an organization are read in order, by an index of their own.
    labels.filter((label) => label !== "received" && (label !== "unread" || scope.podId !== null)),
    sql`rookery_labelled_threads`,
  );

/** Drafts of the scope that may carry all of `labels`, as above. */
export const fewLabelledDrafts = (
  tx: Tx,
  scope: Scope,
  labels: readonly string[],
): Promise<readonly string[] | null> => fewOf(tx, scope, labels, sql`rookery_labelled_drafts`);

async function fewOf(
  tx: Tx,
  scope: Scope,
  labels: readonly string[],
  labelled: RawBuilder<unknown>,
): Promise<readonly string[] | null> {
  const { podId, inboxId } = scope;
  for (const label of labels) {
    const { rows } = await sql<{ ids: string[] | null }>`
      select ${labelled}(${podId}::uuid, ${inboxId}::uuid, ${label}, ${MAX_LABELLED + 1}) as ids`.execute(
      tx.within(scope),
    );
    const ids = rows[0]?.ids ?? null;
    if (ids !== null) return ids;
  }
  return null;
}

/** Besides `carrying`, what lets PostgreSQL use the index of unread mail: it must read the label in the statement. */
export const carryingUnread = (labels: readonly string[]): RawBuilder<boolean> =>
  labels.includes("unread") ? sql`labels @> '{unread}'` : sql`true`;
