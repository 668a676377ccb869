/** SQL that reads threads. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { asText } from "../../../storage/columns.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { Cursor, PageRequest } from "../../door/cursor.ts";
import { containing, idsInPieces, keysetInPieces } from "../../door/keyset.ts";
import type { Attachment } from "../attachments/index.ts";
import { findThreadAttachments } from "../attachments/rows.ts";
import { carrying, carryingUnread, chosenRows } from "../labels/rows.ts";
import type { MailFilter } from "../messages/index.ts";
import { releasingStorage } from "../storage/rows.ts";
import { threadColumns, threadStateOf, threadWithout } from "../thread-state/rows.ts";
import { MAX_THREAD_ATTACHMENTS } from "./limits.ts";
import type { Thread, ThreadHead } from "./thread.ts";

/** Substring filters of threads look at these. */
export interface ThreadFilter extends Omit<MailFilter, "from" | "to"> {
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
}

const columns = asText(threadColumns);
/** Looked up per row of the result: a join would be planned before the page is cut. */
const address =
  sql`(select address from inboxes where inboxes.pod_id = threads.pod_id and inboxes.id = threads.inbox_id)`.as(
    "address",
  );

type ThreadRow = Parameters<typeof threadStateOf>[0] & { readonly address: string };

const threads = (tx: Tx, scope: AnyScope) =>
  tx.within(scope).selectFrom("threads").select([columns, address]).$castTo<ThreadRow>();

async function threadsOf(tx: Tx, scope: AnyScope, rows: readonly ThreadRow[]): Promise<Thread[]> {
  const keys = rows.map((row) => ({ podId: row.pod_id, id: row.id }));
  const attachments = await findThreadAttachments(tx, scope, keys, MAX_THREAD_ATTACHMENTS);
  return rows.map((row) => ({ ...headOf(row), attachments: attachments.get(row.id) ?? [] }));
}

const headOf = (row: ThreadRow): ThreadHead => ({ ...threadStateOf(row), inboxAddress: row.address });

const sortColumns = ["threads.timestamp", "threads.id"];

/** Walks the index of the scope's own level: of the inbox, the pod or the organization, each by time; or reads those that have a label which few have. */
export async function selectThreads(
  tx: Tx,
  scope: Scope,
  filter: ThreadFilter,
  page: PageRequest,
): Promise<{ readonly rows: readonly Thread[]; readonly resumes: Cursor | null }> {
  const { podId, inboxId } = scope;
  const list = { ...filter, ...patternsOf(filter), kind: "threads", podId, inboxId } as const;
  const { ids, arePage, resumes } = await chosenRows(tx, scope, list, page);
  if (ids?.length === 0) return { rows: [], resumes };
  let query = threads(tx, scope);
  if (podId === null) query = query.where("threads.organization_id", "=", scope.organizationId);
  else query = query.where("threads.pod_id", "=", podId);
  // No plain comparison beside ids: the planner would read all that the inbox holds.
  if (inboxId !== null)
    query = query.where("threads.inbox_id", ids === null ? "=" : "is not distinct from", inboxId);
  if (filter.before !== null) query = query.where("threads.timestamp", "<", filter.before);
  if (filter.after !== null) query = query.where("threads.timestamp", ">", filter.after);
  if (filter.labels.length > 0)
    query = query.where(carrying("threads.labels", filter.labels)).where(carryingUnread(filter.labels));
  if (filter.hidden.length > 0)
    query = query.where(sql<boolean>`not threads.labels && ${[...filter.hidden]}::text[]`);
  for (const text of filter.subject) query = query.where("threads.subject", "ilike", containing(text));
  for (const [column, values] of [
    ["senders", filter.senders],
    ["recipients", filter.recipients],
  ] as const)
    for (const text of values)
      query = query.where(
        sql<boolean>`exists (select from unnest(threads.${sql.ref(column)}) as who where who ilike ${containing(text)})`,
      );
  const listed = ids === null ? query : query.where("threads.id", "=", anyOf(ids));
  const rows = await (ids === null || !arePage
    ? keysetInPieces(listed, sortColumns, page, ({ timestamp, id }) => [timestamp, id])
    : idsInPieces(query, sortColumns, page, ids));
  return { rows: await threadsOf(tx, scope, rows), resumes };
}

const patternsOf = ({ senders, recipients, subject }: ThreadFilter) => ({
  senders: senders.map(containing),
  recipients: recipients.map(containing),
  subjects: subject.map(containing),
});

/** By id alone: an organization's key need not name the pod. */
export async function findThreadHead(tx: Tx, scope: Scope, id: string): Promise<ThreadHead | null> {
  let query = threads(tx, scope)
    .where("threads.organization_id", "=", scope.organizationId)
    .where("threads.id", "=", id);
  if (scope.podId !== null) query = query.where("threads.pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("threads.inbox_id", "=", scope.inboxId);
  const row = await query.executeTakeFirst();
  return row === undefined ? null : headOf(row);
}

/** The thread without messages that have one of these labels; null when there are no others. */
export async function findSeenHead(
  tx: Tx,
  scope: AnyScope,
  thread: ThreadHead,
  hidden: readonly string[],
): Promise<ThreadHead | null> {
  const seen = await threadWithout(tx, scope, thread, hidden);
  return seen === null ? null : { ...thread, ...seen };
}

/** Attachments of a thread as its summary has them. @param hidden labels whose messages are left out */
export async function findSeenAttachments(
  tx: Tx,
  scope: AnyScope,
  thread: ThreadHead,
  hidden: readonly string[],
): Promise<readonly Attachment[]> {
  const found = await findThreadAttachments(tx, scope, [thread], MAX_THREAD_ATTACHMENTS, hidden);
  return found.get(thread.id) ?? [];
}

/** The thread with its summary, without messages that have one of these labels; null when there are no others. */
export async function findSeenThread(
  tx: Tx,
  scope: AnyScope,
  thread: ThreadHead,
  hidden: readonly string[],
): Promise<Thread | null> {
  const [seen, attachments] = await Promise.all([
    findSeenHead(tx, scope, thread, hidden),
    findSeenAttachments(tx, scope, thread, hidden),
  ]);
  return seen === null ? null : { ...seen, attachments };
}

/** By its key, for those who came from another row. */
export async function findThread(tx: Tx, scope: AnyScope, podId: string, id: string): Promise<Thread | null> {
  const rows = await threads(tx, scope)
    .where("threads.pod_id", "=", podId)
    .where("threads.id", "=", id)
    .execute();
  return (await threadsOf(tx, scope, rows))[0] ?? null;
}

/** The same of several, those that are there, in no order. */
export async function findThreads(
  tx: Tx,
  scope: AnyScope,
  keys: readonly { readonly podId: string; readonly id: string }[],
): Promise<Thread[]> {
  if (keys.length === 0) return [];
  const rows = await threads(tx, scope).where(byKey("threads", keys)).execute();
  return threadsOf(tx, scope, rows);
}

/** Deletes a thread with its messages. */
export async function deleteThreadRow(tx: Tx, scope: Scope, thread: ThreadHead): Promise<void> {
  await releasingStorage(
    "threads",
    sql`delete from threads where pod_id = ${thread.podId}::uuid and id = ${thread.id}::uuid`,
  ).execute(tx.within(scope));
}
