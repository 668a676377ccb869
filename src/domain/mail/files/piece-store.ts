/** SQL of the pieces that a file's bytes are kept in: blobs, of which each may be a piece of several. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { insertBlobs } from "../blobs/rows.ts";
import type { StoredFile } from "./file.ts";
import type { FileHome } from "./store.ts";

type Named = Pick<StoredFile, "podId" | "id">;

/** An upload's own from now on: what another left of its bytes goes. */
export async function takeForUpload(
  tx: Tx,
  scope: Scope,
  { podId, id }: Named,
  uploadId: string,
): Promise<void> {
  const db = tx.within(scope);
  await db.deleteFrom("file_pieces").where("pod_id", "=", podId).where("file_id", "=", id).execute();
  await db
    .updateTable("files")
    .set({ upload_id: uploadId })
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .execute();
}

/** Whether it still is that upload's, which nobody else changes until the transaction ends. */
export async function holdForUpload(
  tx: Tx,
  scope: Scope,
  { podId, id }: Named,
  uploadId: string,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("files")
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .where("upload_id", "=", uploadId)
    .where("state", "=", "pending")
    .select("id")
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export interface Piece {
  readonly fileId: string;
  readonly position: number;
  readonly sha256: Buffer;
  readonly content: Buffer;
}

export async function insertPiece(
  tx: Tx,
  scope: Scope,
  { podId, organizationId, id: inboxId }: FileHome,
  { fileId, position, sha256, content }: Piece,
  now: Date,
): Promise<void> {
  await insertBlobs(tx, scope, [{ podId, organizationId, sha256, content }], now);
  await tx
    .within(scope)
    .insertInto("file_pieces")
    .values({
      pod_id: podId,
      file_id: fileId,
      position,
      organization_id: organizationId,
      inbox_id: inboxId,
      sha256,
    })
    .execute();
}

/** Its bytes are there. */
export async function markStored(tx: Tx, scope: Scope, { podId, id }: Named, now: Date): Promise<void> {
  await tx
    .within(scope)
    .updateTable("files")
    .set({ state: "stored", updated_at: now })
    .where("pod_id", "=", podId)
    .where("id", "=", id)
    .execute();
}

/** Takes back what an upload left; nothing when another one has taken its place. @returns whether there was any */
export async function dropPieces(
  tx: Tx,
  scope: Scope,
  { podId, id }: Named,
  uploadId: string,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from file_pieces as p where p.pod_id = ${podId}::uuid and p.file_id = ${id}::uuid and exists (
      select from files as f where f.pod_id = p.pod_id and f.id = p.file_id and f.upload_id = ${uploadId}::uuid
        and f.state = 'pending')`.execute(tx.within(scope));
  return (numAffectedRows ?? 0n) > 0n;
}

/** Digests of its pieces, in their order. */
export async function findPieces(tx: Tx, scope: Scope, { podId, id }: Named): Promise<Buffer[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("file_pieces")
    .where("pod_id", "=", podId)
    .where("file_id", "=", id)
    .select("sha256")
    .orderBy("position")
    .execute();
  return rows.map(({ sha256 }) => sha256);
}
