/** SQL of texts that were taken out of documents: one for the same bytes, however many messages of a pod have them. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { DOCUMENT_RETRY_SECONDS, MAX_DOCUMENT_ATTEMPTS } from "./limits.ts";

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

/** @returns undefined when nobody has tried, or it is time to try again */
export async function hasText(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
): Promise<boolean | undefined> {
  const { rows } = await sql<{ has: boolean }>`
    select text is not null as has from blob_texts where pod_id = ${podId} and sha256 = ${sha256} and not ${isDue}`.execute(
    tx.within(scope),
  );
  return rows[0]?.has;
}

/** Condition: the row says no more than that an attempt took too long, and the next may be made. A time beyond the longest pause is a wrong clock's. */
const isDue = sql`coalesce(again_at <= now() or again_at > now() + make_interval(secs => ${DOCUMENT_RETRY_SECONDS}), false)`;

/** Keeps what was found. Nothing when the bytes were deleted meanwhile. */
export async function keepText(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
  text: string | null,
  at: Date,
): Promise<void> {
  await sql`
    insert into blob_texts as known (pod_id, sha256, organization_id, text, created_at)
    select pod_id, sha256, organization_id, ${text}, ${at} from blobs where pod_id = ${podId} and sha256 = ${sha256}
    on conflict (pod_id, sha256) do update set text = excluded.text, again_at = null
      where known.again_at is not null`.execute(tx.within(scope));
}

/** Keeps that an attempt took too long, and when to make the next: after the last one there is no text. */
export async function noteUnread(
  tx: Tx,
  scope: SystemScope,
  { podId, sha256 }: BlobKey,
  at: Date,
): Promise<void> {
  const again = sql`now() + make_interval(secs => ${DOCUMENT_RETRY_SECONDS})`;
  await sql`
    insert into blob_texts as known (pod_id, sha256, organization_id, text, created_at, again_at)
    select pod_id, sha256, organization_id, null, ${at}, ${again} from blobs where pod_id = ${podId} and sha256 = ${sha256}
    on conflict (pod_id, sha256) do update set attempts = known.attempts + 1,
      again_at = case when known.attempts + 1 < ${MAX_DOCUMENT_ATTEMPTS} then excluded.again_at end
      where known.again_at is not null`.execute(tx.within(scope));
}
