/** SQL of texts that were taken out of documents: one for the same bytes, however many messages of a pod have them. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";

/** Bytes of a pod. */
export interface BlobKey {
  readonly podId: string;
  readonly sha256: Buffer;
}

/** @returns undefined when nobody has tried; null when there is no text */
export async function findText(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
): Promise<string | null | undefined> {
  const row = await tx
    .within(scope)
    .selectFrom("blob_texts")
    .where("pod_id", "=", podId)
    .where("sha256", "=", sha256)
    .select("text")
    .executeTakeFirst();
  return row?.text;
}

/** @returns undefined when nobody has tried */
export async function hasText(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
): Promise<boolean | undefined> {
  const row = await tx
    .within(scope)
    .selectFrom("blob_texts")
    .where("pod_id", "=", podId)
    .where("sha256", "=", sha256)
    .select(sql<boolean>`text is not null`.as("has"))
    .executeTakeFirst();
  return row?.has;
}

/** Keeps what was found. Nothing when the bytes were deleted meanwhile. */
export async function keepText(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
  text: string | null,
  at: Date,
): Promise<void> {
  await sql`
    insert into blob_texts (pod_id, sha256, organization_id, text, created_at)
    select pod_id, sha256, organization_id, ${text}, ${at} from blobs where pod_id = ${podId} and sha256 = ${sha256}
    on conflict do nothing`.execute(tx.within(scope));
}
