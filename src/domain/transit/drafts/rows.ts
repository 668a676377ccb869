/** Rows of drafts in our words. */
import type { Selectable } from "kysely";
import type { Tables } from "../../../storage/tables.ts";
import type { Attachment } from "../../mail/attachments/index.ts";
import type { Draft, FullDraft, Schedule, SendFailure } from "./draft.ts";

export const headColumns = [
  "drafts.id",
  "drafts.organization_id",
  "drafts.pod_id",
  "drafts.inbox_id",
  "drafts.kind",
  "drafts.source_uuid",
  "drafts.thread_id",
  "drafts.source_message_id",
  "drafts.labels",
  "drafts.to",
  "drafts.cc",
  "drafts.bcc",
  "drafts.subject",
  "drafts.preview",
  "drafts.attachment_count",
  "drafts.send_at",
  "drafts.send_status",
  "drafts.unseen",
  "drafts.failure",
  "drafts.created_at",
  "drafts.updated_at",
] as const;

export const fullColumns = [
  ...headColumns,
  "drafts.client_id",
  "drafts.reply_to",
  "drafts.text",
  "drafts.html",
  "drafts.references",
] as const;

type Columns<Name extends string> = Name extends `drafts.${infer Column}` ? Column : never;
type Row<Names extends readonly string[]> = Pick<
  Selectable<Tables["drafts"]>,
  Columns<Names[number]> & keyof Tables["drafts"]
> & { readonly address: string };
export type HeadRow = Row<typeof headColumns>;
export type FullRow = Row<typeof fullColumns>;

export const draftOf = (row: HeadRow, attachments: readonly Attachment[]): Draft => ({
  id: row.id,
  organizationId: row.organization_id,
  podId: row.pod_id,
  inboxId: row.inbox_id,
  inboxAddress: row.address,
  kind: row.kind === "reply" || row.kind === "forward" ? row.kind : "new",
  source:
    row.source_uuid === null
      ? null
      : { id: row.source_uuid, threadId: row.thread_id ?? "", messageId: row.source_message_id ?? "" },
  labels: row.labels,
  to: row.to,
  cc: row.cc,
  bcc: row.bcc,
  subject: row.subject,
  preview: row.preview,
  attachments,
  schedule: scheduleOf(row),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export const fullDraftOf = (row: FullRow, attachments: readonly Attachment[]): FullDraft => ({
  ...draftOf(row, attachments),
  clientId: row.client_id,
  replyTo: row.reply_to,
  text: row.text,
  html: row.html,
  references: row.references,
});

function scheduleOf(row: HeadRow): Schedule | null {
  if (row.send_at === null) return null;
  if (row.send_status !== "failed") return { status: "scheduled", sendAt: row.send_at, unseen: row.unseen };
  // Cast: written from a failure.
  return { status: "failed", sendAt: row.send_at, failure: row.failure as SendFailure };
}
