/** A row of threads as both read it: those who keep it true, and those who show it. */
import type { Selectable } from "kysely";
import type { Tables } from "../../../storage/tables.ts";

/** The row of a thread, in our words. */
export interface ThreadState {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly subject: string | null;
  readonly preview: string | null;
  readonly labels: readonly string[];
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
  readonly messageCount: number;
  readonly size: number;
  readonly lastMessageId: string;
  readonly timestamp: Date;
  readonly receivedTimestamp: Date | null;
  readonly sentTimestamp: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

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

export function threadStateOf(row: Omit<Selectable<Tables["threads"]>, "loop_cut_at">): ThreadState {
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
