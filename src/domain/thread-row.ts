/** A row of threads as both read it: those who keep it true, and those who show it. */
import type { Selectable } from "kysely";
import type { Tables } from "../storage/tables.ts";
import type { ThreadState } from "./thread-state/index.ts";

/** What `threadStateOf` reads. */
export const threadColumns = [
  "threads.pod_id",
  "threads.id",
  "threads.organization_id",
  "threads.inbox_id",
  "threads.subject",
  "threads.preview",
  "threads.labels",
  "threads.senders",
  "threads.recipients",
  "threads.message_count",
  "threads.size",
  "threads.last_message_id",
  "threads.timestamp",
  "threads.received_timestamp",
  "threads.sent_timestamp",
  "threads.created_at",
  "threads.updated_at",
] as const;

export function threadStateOf(row: Selectable<Tables["threads"]>): ThreadState {
  return {
    podId: row.pod_id,
    id: row.id,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
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
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
