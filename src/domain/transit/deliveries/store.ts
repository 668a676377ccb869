/** SQL of outgoing copies: one row per recipient, from queued to its outcome. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { hex, readBlob } from "../../mail/blobs/rows.ts";
import type { NewMessage } from "../../mail/messages/index.ts";

export type OutboundState = "queued" | "delivered" | "captured" | "bounced";

export async function insertOutboundDeliveries(
  tx: Tx,
  scope: AnyScope,
  message: NewMessage,
  recipients: readonly string[],
  newId: () => string,
  now: Date,
): Promise<void> {
  const rows = recipients.map((recipient) => ({
    pod_id: message.podId,
    id: newId(),
    organization_id: message.organizationId,
    inbox_id: message.inboxId,
    message_uuid: message.id,
    recipient,
    raw_sha256: hex(message.rawSha256),
    state: "queued",
    detail: null,
    created_at: now,
    updated_at: now,
  }));
  await insertion("outbound_deliveries", rows).execute(tx.within(scope));
}

/** An outgoing message that still has copies to deliver. */
export interface QueuedMessage {
  readonly organizationId: string;
  readonly inboxId: string;
  readonly raw: Buffer;
  readonly sentAt: Date;
  readonly recipients: readonly string[];
  /** True when its sender deleted it meanwhile. */
  readonly isDeleted: boolean;
}

/** Null when nothing is queued any more. */
export async function findQueued(
  tx: Tx,
  scope: Scope,
  podId: string,
  messageUuid: string,
): Promise<QueuedMessage | null> {
  const db = tx.within(scope);
  const queued = await db
    .selectFrom("outbound_deliveries as copies")
    .leftJoin("messages", (join) =>
      join.onRef("messages.pod_id", "=", "copies.pod_id").onRef("messages.id", "=", "copies.message_uuid"),
    )
    .where("copies.pod_id", "=", podId)
    .where("copies.message_uuid", "=", messageUuid)
    .where("copies.state", "=", "queued")
    .select(["copies.recipient", "copies.organization_id", "copies.inbox_id", "copies.created_at"])
    .select(["messages.id as stored"])
    .select(sql<Buffer>`coalesce(copies.raw_sha256, messages.raw_sha256)`.as("raw_sha256"))
    .execute();
  const [first] = queued;
  if (first === undefined) return null;
  const raw = await readBlob(tx, scope, podId, first.raw_sha256);
  if (raw === null) throw new Error("the bytes of a queued message are missing");
  return {
    organizationId: first.organization_id,
    inboxId: first.inbox_id,
    raw,
    sentAt: first.created_at,
    recipients: queued.map((row) => row.recipient),
    isDeleted: first.stored === null,
  };
}

/** Moves queued copies to their outcome. @returns the recipients that were still queued: each is counted once. */
export async function settleDeliveries(
  tx: Tx,
  scope: AnyScope,
  key: { readonly podId: string; readonly messageUuid: string },
  recipients: readonly string[],
  outcome: {
    readonly state: Exclude<OutboundState, "queued">;
    readonly detail: string | null;
    readonly at: Date;
  },
): Promise<string[]> {
  if (recipients.length === 0) return [];
  const rows = await tx
    .within(scope)
    .updateTable("outbound_deliveries")
    .set({ state: outcome.state, detail: outcome.detail, updated_at: outcome.at })
    .where("pod_id", "=", key.podId)
    .where("message_uuid", "=", key.messageUuid)
    .where("state", "=", "queued")
    .where("recipient", "=", anyOf(recipients))
    .returning("recipient")
    .execute();
  return rows.map((row) => row.recipient);
}

/** Deletes up to `limit` settled copies of messages that are gone. @returns how many */
export async function sweepDeliveryRows(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from outbound_deliveries where pod_id = ${podId} and id in (
      select copies.id from outbound_deliveries copies where copies.pod_id = ${podId} and copies.state <> 'queued' and not exists (
        select from messages where messages.pod_id = ${podId} and messages.id = copies.message_uuid)
      limit ${limit})`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}
