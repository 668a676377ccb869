/** SQL that reads threads. */
import { sql } from "kysely";
import type { Tx } from "../../storage/db.ts";
import type { AnyScope, Scope } from "../access/index.ts";
import type { PageRequest } from "../cursor.ts";
import { containing, keyset } from "../keyset.ts";
import type { Attachment, MailFilter } from "../messages/index.ts";
import type { Thread } from "./thread.ts";

/** Substring filters of threads look at these. */
export interface ThreadFilter extends Omit<MailFilter, "from" | "to"> {
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
}

function threads(tx: Tx, scope: AnyScope) {
  return tx
    .within(scope)
    .selectFrom("threads")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.pod_id", "=", "threads.pod_id").onRef("inboxes.id", "=", "threads.inbox_id"),
    )
    .selectAll("threads")
    .select("inboxes.address");
}

type ThreadRow = Awaited<ReturnType<ReturnType<typeof threads>["execute"]>>[number];

async function threadsOf(tx: Tx, scope: AnyScope, rows: readonly ThreadRow[]): Promise<Thread[]> {
  const attachments = await attachmentsOf(tx, scope, rows);
  return rows.map((row) => ({
    podId: row.pod_id,
    id: row.id,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    inboxAddress: row.address,
    subject: row.subject,
    preview: row.preview,
    labels: row.labels,
    senders: row.senders,
    recipients: row.recipients,
    messageCount: row.message_count,
    size: Number(row.size),
    lastMessageId: row.last_message_id,
    timestamp: row.timestamp,
    receivedTimestamp: row.received_timestamp,
    sentTimestamp: row.sent_timestamp,
    attachments: attachments.get(row.id) ?? [],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

/** Attachments of a page of threads, in the order they came; one query whatever the pods. */
async function attachmentsOf(
  tx: Tx,
  scope: AnyScope,
  rows: readonly ThreadRow[],
): Promise<Map<string, Attachment[]>> {
  const byThread = new Map<string, Attachment[]>();
  if (rows.length === 0) return byThread;
  const found = await tx
    .within(scope)
    .selectFrom("attachments")
    .where(
      sql<boolean>`(pod_id, thread_id) in (select * from unnest(${rows.map((row) => row.pod_id)}::uuid[], ${rows.map((row) => row.id)}::uuid[]))`,
    )
    .select(["id", "thread_id", "filename", "content_type", "content_disposition", "content_id", "size"])
    .orderBy("id")
    .execute();
  for (const row of found) {
    const disposition =
      row.content_disposition === "inline"
        ? "inline"
        : row.content_disposition === null
          ? null
          : "attachment";
    const attachment: Attachment = {
      id: row.id,
      filename: row.filename,
      contentType: row.content_type,
      contentDisposition: disposition,
      contentId: row.content_id,
      size: row.size,
    };
    byThread.set(row.thread_id, [...(byThread.get(row.thread_id) ?? []), attachment]);
  }
  return byThread;
}

/** Walks the index of the scope's own level: of the inbox, the pod or the organization, each by time. */
export async function listThreads(
  tx: Tx,
  scope: Scope,
  filter: ThreadFilter,
  page: PageRequest,
): Promise<Thread[]> {
  let query = threads(tx, scope);
  if (scope.podId === null) query = query.where("threads.organization_id", "=", scope.organizationId);
  else query = query.where("threads.pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("threads.inbox_id", "=", scope.inboxId);
  if (filter.labels.length > 0)
    query = query.where(sql<boolean>`threads.labels @> ${[...filter.labels]}::text[]`);
  if (filter.hidden.length > 0)
    query = query.where(sql<boolean>`not threads.labels && ${[...filter.hidden]}::text[]`);
  if (filter.before !== null) query = query.where("threads.timestamp", "<", filter.before);
  if (filter.after !== null) query = query.where("threads.timestamp", ">", filter.after);
  for (const text of filter.subject) query = query.where("threads.subject", "ilike", containing(text));
  for (const [column, values] of [
    ["senders", filter.senders],
    ["recipients", filter.recipients],
  ] as const)
    for (const text of values)
      query = query.where(
        sql<boolean>`exists (select from unnest(threads.${sql.ref(column)}) as who where who ilike ${containing(text)})`,
      );
  return threadsOf(tx, scope, await keyset(query, "threads.timestamp", page, "threads.id").execute());
}

/** By id alone: an organization's key need not name the pod. */
export async function findThreadById(tx: Tx, scope: Scope, id: string): Promise<Thread | null> {
  let query = threads(tx, scope)
    .where("threads.organization_id", "=", scope.organizationId)
    .where("threads.id", "=", id);
  if (scope.podId !== null) query = query.where("threads.pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("threads.inbox_id", "=", scope.inboxId);
  return (await threadsOf(tx, scope, await query.execute()))[0] ?? null;
}

/** By its key, for those who came from another row. */
export async function findThread(tx: Tx, scope: AnyScope, podId: string, id: string): Promise<Thread | null> {
  const rows = await threads(tx, scope)
    .where("threads.pod_id", "=", podId)
    .where("threads.id", "=", id)
    .execute();
  return (await threadsOf(tx, scope, rows))[0] ?? null;
}

/** Deletes a thread with its messages. */
export async function deleteThreadRow(tx: Tx, scope: Scope, thread: Thread): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("threads")
    .where("pod_id", "=", thread.podId)
    .where("id", "=", thread.id)
    .execute();
}
