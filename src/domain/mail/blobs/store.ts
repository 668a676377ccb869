/** SQL that removes bytes nothing points at any more. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";

/**
 * Deletes up to `limit` unreferenced blobs of a pod, however young: new bytes become visible together with the message
 * that refers to them. Candidates are locked, then looked at again: a transaction that refers to one meanwhile either blocks the delete or
 * waits, finds it deleted, and stores it again (the transaction is retried, storage/db.ts).
 * @returns how many were deleted
 */
export async function deleteUnreferenced(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const unreferenced = sql`not exists (select from rookery_blob_references r where r.pod_id = ${podId} and r.sha256 = b.sha256)`;
  const { rows } = await sql<{ sha256: Buffer }>`
    select b.sha256 from blobs b where b.pod_id = ${podId} and ${unreferenced}
    limit ${limit} for update skip locked`.execute(db);
  if (rows.length === 0) return 0;
  const { numAffectedRows } = await sql`
    delete from blobs b where b.pod_id = ${podId} and b.sha256 = any (${rows.map((row) => row.sha256)}::bytea[]) and ${unreferenced}`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0n);
}
