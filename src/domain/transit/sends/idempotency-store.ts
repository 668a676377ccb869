/** SQL of Idempotency-Keys: what a send answered, for as long as a client may ask again. */
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { IDEMPOTENCY_HOURS } from "../../limits.ts";
import type { Sent } from "./store-sent.ts";

export interface Reservation {
  readonly podId: string;
  readonly inboxId: string;
  readonly organizationId: string;
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly now: Date;
}

/** False when the inbox has used the key. An expired use is forgotten first; a concurrent one is waited for. */
export async function reserveKey(tx: Tx, scope: Scope, reservation: Reservation): Promise<boolean> {
  const db = tx.within(scope);
  const expired = new Date(reservation.now.getTime() - IDEMPOTENCY_HOURS * 3_600_000);
  await db
    .deleteFrom("idempotency_keys")
    .where("pod_id", "=", reservation.podId)
    .where("inbox_id", "=", reservation.inboxId)
    .where("key", "=", reservation.key)
    .where("created_at", "<", expired)
    .execute();
  const row = await db
    .insertInto("idempotency_keys")
    .values({
      pod_id: reservation.podId,
      key: reservation.key,
      organization_id: reservation.organizationId,
      inbox_id: reservation.inboxId,
      fingerprint: reservation.fingerprint,
      result: "{}",
      created_at: reservation.now,
    })
    .onConflict((conflict) => conflict.columns(["pod_id", "inbox_id", "key"]).doNothing())
    .returning("key")
    .executeTakeFirst();
  return row !== undefined;
}

/** The first answer under a key. */
export async function findIdempotent(
  tx: Tx,
  scope: Scope,
  { podId, inboxId, key }: Pick<Reservation, "podId" | "inboxId" | "key">,
): Promise<{ fingerprint: Buffer; result: Sent } | null> {
  const row = await tx
    .within(scope)
    .selectFrom("idempotency_keys")
    .where("pod_id", "=", podId)
    .where("inbox_id", "=", inboxId)
    .where("key", "=", key)
    .select(["fingerprint", "result"])
    .executeTakeFirst();
  // Cast: `result` is what rememberResult wrote.
  return row === undefined ? null : { fingerprint: row.fingerprint, result: row.result as Sent };
}

export async function rememberResult(
  tx: Tx,
  scope: Scope,
  { podId, inboxId, key }: Pick<Reservation, "podId" | "inboxId" | "key">,
  result: Sent,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("idempotency_keys")
    .set({ result: JSON.stringify(result) })
    .where("pod_id", "=", podId)
    .where("inbox_id", "=", inboxId)
    .where("key", "=", key)
    .execute();
}
