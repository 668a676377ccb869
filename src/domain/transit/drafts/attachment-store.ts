/** SQL of the files of drafts. Their bytes are blobs of the pod, kept once whatever names them. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { Attachment } from "../../mail/attachments/index.ts";
import { attachmentOf } from "../../mail/attachments/rows.ts";
import { hex, insertBlobs, readBytesOf } from "../../mail/blobs/rows.ts";

/** A file to keep with a draft. */
export interface NewFile {
  readonly id: string;
  readonly filename: string | null;
  readonly contentType: string | null;
  readonly contentDisposition: "inline" | "attachment";
  readonly contentId: string | null;
  readonly sha256: Buffer;
  readonly content: Buffer;
}

/** Where a draft lies. */
export interface Placed {
  readonly id: string;
  readonly podId: string;
  readonly organizationId: string;
  readonly inboxId: string;
}

/** Keeps files behind those that the draft has: their ids are in the order in which they were added. */
export async function insertFiles(
  tx: Tx,
  scope: Scope,
  draft: Placed,
  files: readonly NewFile[],
  now: Date,
): Promise<void> {
  if (files.length === 0) return;
  const { podId, organizationId, inboxId } = draft;
  const byHash = new Map(files.map((file) => [hex(file.sha256), file]));
  const blobs = [...byHash].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const rows = files.map((file) => ({
    pod_id: podId,
    id: file.id,
    organization_id: organizationId,
    inbox_id: inboxId,
    draft_id: draft.id,
    filename: file.filename,
    content_type: file.contentType,
    content_disposition: file.contentDisposition,
    content_id: file.contentId,
    size: file.content.byteLength,
    sha256: hex(file.sha256),
  }));
  await Promise.all([
    insertBlobs(
      tx,
      scope,
      blobs.map(([, { sha256, content }]) => ({ podId, organizationId, sha256, content })),
      now,
    ),
    insertion("draft_attachments", rows).execute(tx.within(scope)),
  ]);
}

export async function deleteFiles(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<Placed, "podId" | "id">,
  ids: readonly string[],
): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("draft_attachments")
    .where("pod_id", "=", podId)
    .where("draft_id", "=", id)
    .where("id", "=", anyOf(ids))
    .execute();
}

type FileRow = Parameters<typeof attachmentOf>[0] & { readonly draft_id: string };

/** Files of a page of drafts, by the draft's id, in their order; one query for any number of pods. */
export async function findFiles(
  tx: Tx,
  scope: AnyScope,
  drafts: readonly Pick<Placed, "podId" | "id">[],
): Promise<ReadonlyMap<string, readonly Attachment[]>> {
  if (drafts.length === 0) return new Map();
  const { rows } = await sql<FileRow>`
    select id, draft_id as message_uuid, draft_id, filename, content_type, content_disposition, content_id, size
    from draft_attachments
    where ${byKey("draft_attachments", drafts, "draft_id")}
    order by draft_id, id`.execute(tx.within(scope));
  return new Map(
    [...Map.groupBy(rows, (row) => row.draft_id)].map(([id, own]) => [id, own.map(attachmentOf)]),
  );
}

/** A file with where its bytes are. */
export async function findFile(
  tx: Tx,
  scope: Scope,
  draft: Pick<Placed, "podId" | "id">,
  id: string,
): Promise<{ readonly attachment: Attachment; readonly sha256: Buffer } | null> {
  const { rows } = await sql<FileRow & { readonly sha256: Buffer }>`
    select id, draft_id as message_uuid, draft_id, filename, content_type, content_disposition, content_id, size, sha256
    from draft_attachments
    where pod_id = ${draft.podId} and draft_id = ${draft.id} and id = ${id}`.execute(tx.within(scope));
  const [row] = rows;
  return row === undefined ? null : { attachment: attachmentOf(row), sha256: row.sha256 };
}

/** The bytes of all files of a draft, by the file's id: together at most what fits into a message. */
export async function readFiles(
  tx: Tx,
  scope: Scope,
  draft: Pick<Placed, "podId" | "id">,
): Promise<ReadonlyMap<string, Buffer>> {
  const rows = await tx
    .within(scope)
    .selectFrom("draft_attachments")
    .where("pod_id", "=", draft.podId)
    .where("draft_id", "=", draft.id)
    .select(["id", "sha256"])
    .execute();
  return readBytesOf(tx, scope, draft.podId, rows);
}
