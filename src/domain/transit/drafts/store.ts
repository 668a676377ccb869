/** SQL that reads and writes drafts. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, InboxTarget, Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { idsInPieces, keysetInPieces } from "../../door/keyset.ts";
import { LARGE_READ_BYTES } from "../../limits.ts";
import { labelledRows } from "../../mail/labels/rows.ts";
import { findFiles } from "./attachment-store.ts";
import { type Draft, type FullDraft, type SendFailure, sizeOf } from "./draft.ts";
import { draftOf, type FullRow, fullColumns, fullDraftOf, type HeadRow, headColumns } from "./rows.ts";
import { SCHEDULED } from "./schedule.ts";

/** The address is looked up per row of the result: a join would be planned before the page is cut. */
const address = sql<string>`(select address from inboxes where inboxes.pod_id = drafts.pod_id and inboxes.id = drafts.inbox_id)`;

/** Drafts of the scope's own level, by the index of that level. */
function inScope(tx: Tx, scope: Scope) {
  let query = tx
    .within(scope)
    .selectFrom("drafts")
    .where("drafts.organization_id", "=", scope.organizationId);
  if (scope.podId !== null) query = query.where("drafts.pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("drafts.inbox_id", "=", scope.inboxId);
  return query;
}

async function filesOf(tx: Tx, scope: AnyScope, rows: readonly HeadRow[]) {
  const withAny = rows.filter((row) => row.attachment_count > 0);
  return findFiles(
    tx,
    scope,
    withAny.map((row) => ({ podId: row.pod_id, id: row.id })),
  );
}

async function fullOf(tx: Tx, scope: AnyScope, rows: readonly FullRow[]): Promise<FullDraft[]> {
  const files = await filesOf(tx, scope, rows);
  return rows.map((row) => fullDraftOf(row, files.get(row.id) ?? []));
}

/** What a list of drafts may be narrowed by. */
export interface DraftFilter {
  /** All of them must be there. */
  readonly labels: readonly string[];
  /** Of their last change, exclusive. */
  readonly before: Date | null;
  readonly after: Date | null;
}

/** A page by the time of the last change; walks the index of the scope's level, or reads those that have a label which few have. */
export async function selectDrafts(
  tx: Tx,
  scope: Scope,
  { labels, before, after }: DraftFilter,
  page: PageRequest,
): Promise<Draft[]> {
  const { podId, inboxId } = scope;
  const list = {
    kind: "drafts",
    podId,
    inboxId,
    labels,
    hidden: [],
    before,
    after,
    isNarrowed: false,
  } as const;
  const labelled = await labelledRows(tx, scope, list, page);
  if (labelled?.length === 0) return [];
  let query = inScope(tx, scope).select(headColumns).select(address.as("address"));
  if (before !== null) query = query.where("drafts.updated_at", "<", before);
  if (after !== null) query = query.where("drafts.updated_at", ">", after);
  const columns = ["drafts.updated_at", "drafts.id"];
  const rows = await (labelled === null
    ? keysetInPieces(query, columns, page, ({ updated_at, id }) => [updated_at, id])
    : idsInPieces(query, columns, page, labelled));
  const files = await filesOf(tx, scope, rows);
  return rows.map((row) => draftOf(row, files.get(row.id) ?? []));
}

const isLarge = sql<boolean>`drafts.size > ${sql.lit(LARGE_READ_BYTES)}`;
/** What a draft is read with when it may be large. */
const fittingColumns = [
  ...headColumns,
  "drafts.client_id",
  "drafts.reply_to",
  "drafts.references",
  sql<string | null>`case when ${isLarge} then null else drafts.text end`.as("text"),
  sql<string | null>`case when ${isLarge} then null else drafts.html end`.as("html"),
  sql<number>`case when ${isLarge} then drafts.size else 0 end`.as("left_out"),
] as const;

/** @param room called with the bytes of a draft that is large, before its texts are read */
async function wholeOf(
  tx: Tx,
  scope: AnyScope,
  row: FullRow & { readonly left_out: number },
  room: (bytes: number) => void,
): Promise<FullDraft | null> {
  room(row.left_out);
  const texts =
    row.left_out === 0
      ? {}
      : await tx
          .within(scope)
          .selectFrom("drafts")
          .where("pod_id", "=", row.pod_id)
          .where("id", "=", row.id)
          .select(["text", "html"])
          .executeTakeFirst();
  if (texts === undefined) return null;
  const [draft] = await fullOf(tx, scope, [{ ...row, ...texts }]);
  return draft ?? null;
}

/** One draft, by id alone: an organization's key need not name the pod. @param room as above */
export async function findDraft(
  tx: Tx,
  scope: Scope,
  id: string,
  room: (bytes: number) => void,
): Promise<FullDraft | null> {
  const row = await inScope(tx, scope)
    .where("drafts.id", "=", anyOf([id]))
    .select(fittingColumns)
    .select(address.as("address"))
    .executeTakeFirst();
  return row === undefined ? null : wholeOf(tx, scope, row, room);
}

/** Those that are there, by id alone: an organization's key need not name the pod. */
export async function findDrafts(tx: Tx, scope: Scope, ids: readonly string[]): Promise<FullDraft[]> {
  const rows = await inScope(tx, scope)
    .where("drafts.id", "=", anyOf(ids))
    .select(fullColumns)
    .select(address.as("address"))
    .execute();
  return fullOf(tx, scope, rows);
}

/** Of a draft whose time has come, by PostgreSQL's clock. As text: so its index serves a prepared statement. */
const isDue = sql<boolean>`send_status = 'scheduled' and due_at <= now()`;

/** `busy`: another transaction changes or sends it. */
export type LockedDraft = FullDraft | "busy" | null;

/**
 * A draft of an inbox, which nobody else changes or sends until the transaction ends.
 * @param due only when it is scheduled and its time has come, by PostgreSQL's clock
 * @param room as above
 */
export async function lockDraft(
  tx: Tx,
  scope: Scope,
  { podId, id: inboxId }: Pick<InboxTarget, "podId" | "id">,
  id: string,
  { due = false, room }: { readonly due?: boolean; readonly room: (bytes: number) => void },
): Promise<LockedDraft> {
  const named = tx
    .within(scope)
    .selectFrom("drafts")
    .where("drafts.pod_id", "=", podId)
    .where("drafts.inbox_id", "=", inboxId)
    .where("drafts.id", "=", id);
  const wanted = due ? named.where(isDue) : named;
  const row = await wanted
    .select(fittingColumns)
    .select(address.as("address"))
    .forUpdate("drafts")
    .skipLocked()
    .executeTakeFirst();
  if (row !== undefined) return wholeOf(tx, scope, row, room);
  return (await wanted.select("id").executeTakeFirst()) === undefined ? null : "busy";
}

/** Whether an inbox has at least `count` drafts; reads as many entries of an index. */
export async function hasDrafts(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<InboxTarget, "podId" | "id">,
  count: number,
): Promise<boolean> {
  const { rows } = await sql<{ held: number }>`
    select rookery_draft_count(${podId}::uuid, ${id}::uuid, ${count}) as held`.execute(tx.within(scope));
  return (rows[0]?.held ?? 0) >= count;
}

/** The columns that a change may write. */
function written(draft: FullDraft): Record<string, unknown> {
  const { schedule, updatedAt } = draft;
  const scheduled = schedule?.status === "scheduled" ? schedule : null;
  return {
    labels: draft.labels,
    reply_to: draft.replyTo,
    to: draft.to,
    cc: draft.cc,
    bcc: draft.bcc,
    subject: draft.subject,
    preview: draft.preview,
    text: draft.text,
    html: draft.html,
    attachment_count: draft.attachments.length,
    size: sizeOf(draft),
    send_at: schedule?.sendAt ?? null,
    send_status: schedule?.status ?? null,
    due_at: scheduled?.sendAt ?? null,
    unseen: scheduled?.unseen ?? [],
    attempts: 0,
    failure: schedule?.status === "failed" ? schedule.failure : null,
    updated_at: updatedAt,
  };
}

export async function insertDraft(tx: Tx, scope: Scope, draft: FullDraft): Promise<void> {
  const row = {
    pod_id: draft.podId,
    id: draft.id,
    organization_id: draft.organizationId,
    inbox_id: draft.inboxId,
    client_id: draft.clientId,
    kind: draft.kind,
    source_uuid: draft.source?.id ?? null,
    thread_id: draft.source?.threadId ?? null,
    source_message_id: draft.source?.messageId ?? null,
    references: draft.references,
    created_at: draft.createdAt,
    ...written(draft),
  };
  await insertion("drafts", [row], undefined, ["text", "html"]).execute(tx.within(scope));
}

/** Writes a locked draft. */
export async function saveDraft(tx: Tx, scope: Scope, draft: FullDraft): Promise<void> {
  await tx
    .within(scope)
    .updateTable("drafts")
    .set(written(draft))
    .where("pod_id", "=", draft.podId)
    .where("id", "=", draft.id)
    .execute();
}

/** Notes why a draft was not sent, if it still is to be by now. @returns whether it was */
export async function saveFailure(
  tx: Tx,
  scope: Scope,
  podId: string,
  id: string,
  failure: SendFailure,
  at: Date,
): Promise<boolean> {
  const { rows } = await sql`
    update drafts set send_status = 'failed', due_at = null, failure = ${JSON.stringify(failure)}::jsonb,
      labels = array_remove(labels, ${SCHEDULED}), updated_at = ${at}
    where pod_id = ${podId} and id = ${id} and send_status = 'scheduled' and send_at <= now() returning 1`.execute(
    tx.within(scope),
  );
  return rows.length > 0;
}

/** Has a draft that is due tried again, later with each time. @returns how often it was tried; null: it is not due any more */
export async function putOff(tx: Tx, scope: Scope, podId: string, id: string): Promise<number | null> {
  const { rows } = await sql<{ attempts: number }>`
    update drafts set attempts = attempts + 1, due_at = now() + interval '1 second' * pow(2, least(attempts, 9))
    where pod_id = ${podId} and id = ${id} and ${isDue} returning attempts`.execute(tx.within(scope));
  return rows[0]?.attempts ?? null;
}

/** Deletes a locked draft with its files; their bytes are swept later, when nothing else points at them. */
export async function deleteDraftRow(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<FullDraft, "podId" | "id">,
): Promise<void> {
  await tx.within(scope).deleteFrom("drafts").where("pod_id", "=", podId).where("id", "=", id).execute();
}
