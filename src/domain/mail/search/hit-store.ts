/** SQL that finds messages by their words: in the index, and among those that are not in it yet. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import { postgresError } from "../../../storage/errors.ts";
import { restrictedLabels, type Scope } from "../../door/access/index.ts";
import { documentWords, readInTurns } from "./document.ts";
import { findDocuments } from "./document-store.ts";
import type { Hit, Place } from "./hit.ts";
import { MAX_UNINDEXED_SCANNED } from "./limits.ts";

export interface Wanted {
  /** A tsquery, as text. */
  readonly asked: string;
  readonly upto: Place;
  /** Not itself. */
  readonly above: Place;
  /** Of threads: leaves out those that have a hit behind `upto` and not after this. Null: none was found before. */
  readonly newest: Date | null;
  readonly ofThreads: boolean;
}

const timeOf = ({ timestamp }: Place): RawBuilder<Date> => sql`${timestamp}::timestamptz`;

/** How long a search may take, and for how much. */
export interface SearchBounds {
  /** Hits of a page, with which it may end. */
  readonly page: number;
  /** Milliseconds after which it ends where it has come to; null: it goes to the end. */
  readonly budgetMs: number | null;
  /** Milliseconds after which it fails. */
  readonly statementMs: number;
}

export interface IndexedHits {
  /** At most as many as were asked for, in no order. */
  readonly hits: readonly Hit[];
  /** From here on it was not looked at; null: all was, or the newest were enough. */
  readonly stoppedAt: Place | null;
}

/** The newest indexed hits of the transaction's scope, at most `most`. @throws isTooLong */
export async function findIndexed(
  tx: Tx,
  scope: Scope,
  { asked, upto, above, newest, ofThreads }: Wanted,
  most: number,
  { page, budgetMs, statementMs }: SearchBounds,
): Promise<IndexedHits> {
  const query = sql<Hit | Stop>`
    select pod_id as "podId", id, thread_id as "threadId", timestamp, rank from rookery_search(${asked}::tsquery, ${timeOf(upto)},
      ${upto.id}::uuid, ${timeOf(above)}, ${above.id}::uuid, ${newest}::timestamptz, ${ofThreads}::boolean, ${most}::integer,
      ${budgetMs}::integer, ${page}::integer)`;
  const db = tx.within(scope);
  const [, { rows }] = await Promise.all([boundBy(statementMs).execute(db), query.execute(db)]);
  tx.beforeCommit(unbound.execute(db));
  const hits = rows.filter((row) => row.podId !== null);
  const stop = rows.find((row) => row.podId === null);
  return { hits, stoppedAt: stop ?? null };
}

const boundBy = (ms: number): RawBuilder<unknown> => sql`set local statement_timeout = ${sql.lit(ms)}`;
const unbound = sql`set local statement_timeout to default`;

/** True for a search that was not over in its `statementMs`. */
export const isTooLong = (error: unknown): boolean => postgresError(error)?.code === QUERY_CANCELED;
/** PostgreSQL appendix A. */
const QUERY_CANCELED = "57014";

/** The row behind all hits of a search that ended early. */
interface Stop extends Place {
  readonly podId: null;
}

/** Hits among the newest messages of the scope that are not indexed yet, at most MAX_UNINDEXED_SCANNED. */
export async function findUnindexed(tx: Tx, scope: Scope, wanted: Wanted): Promise<Hit[]> {
  const documents = await findDocuments(tx, scope, await findQueued(tx, scope));
  if (documents.length === 0) return [];
  const { asked, upto, above, ofThreads } = wanted;
  const written = await readInTurns(documents, (document) => ({
    podId: document.podId,
    id: document.id,
    threadId: document.threadId,
    words: documentWords(document),
  }));
  const hidden = [...restrictedLabels];
  const isShown = ofThreads
    ? sql`exists (select from threads as t where t.pod_id = m.pod_id and t.id = m.thread_id and not t.labels && ${hidden}::text[])`
    : sql`not m.labels && ${hidden}::text[]`;
  const { rows } = await sql<Hit>`
    select m.pod_id as "podId", m.id, m.thread_id as "threadId", m.timestamp, ts_rank(d.words, ${asked}::tsquery)::double precision as rank
    from json_to_recordset(${JSON.stringify(written)}) as d ("podId" uuid, id uuid, words tsvector)
    join messages as m on m.pod_id = d."podId" and m.id = d.id
    where d.words @@ ${asked}::tsquery and (m.timestamp, m.id) <= (${timeOf(upto)}, ${upto.id}::uuid)
      and (m.timestamp, m.id) > (${timeOf(above)}, ${above.id}::uuid) and ${isShown}`.execute(
    tx.within(scope),
  );
  return rows;
}

async function findQueued(tx: Tx, scope: Scope): Promise<{ podId: string; id: string }[]> {
  let query = tx.within(scope).selectFrom("search_queue");
  query =
    scope.podId === null
      ? query.where("organization_id", "=", scope.organizationId)
      : query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("inbox_id", "=", scope.inboxId);
  const rows = await query
    .select(["pod_id", "id"])
    .orderBy("id", "desc")
    .limit(MAX_UNINDEXED_SCANNED)
    .execute();
  return rows.map((row) => ({ podId: row.pod_id, id: row.id }));
}
