/** SQL of outgoing copies: one row per recipient, from queued to its outcome. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { hex, readBlobs } from "../../mail/blobs/rows.ts";
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
  readonly messageUuid: string;
  readonly organizationId: string;
  readonly inboxId: string;
  /** Address of that inbox; empty when it was deleted meanwhile. */
  readonly envelopeFrom: string;
  readonly raw: Buffer;
  readonly sentAt: Date;
  readonly recipients: readonly string[];
  /** True when its sender deleted it meanwhile. */
  readonly isDeleted: boolean;
}

interface QueuedRow {
  readonly message_uuid: string;
  readonly organization_id: string;
  readonly inbox_id: string;
  readonly address: string | null;
  readonly recipients: string[];
  readonly sent_at: Date;
  readonly is_deleted: boolean;
  readonly raw_sha256: Buffer;
}

/** @returns those of a pod's messages of which something is queued */
export async function findQueued(
  tx: Tx,
  scope: Scope,
  podId: string,
  messageUuids: readonly string[],
): Promise<QueuedMessage[]> {
  // All copies of a message name the same bytes; those written before copies named any have the message's.
  const { rows } = await sql<QueuedRow>`
    with queued as (
      select copies.pod_id, copies.message_uuid, copies.organization_id, copies.inbox_id,
        array_agg(copies.recipient order by copies.id) as recipients, min(copies.created_at) as sent_at,
        coalesce((array_agg(copies.raw_sha256))[1], messages.raw_sha256) as raw_sha256, messages.id is null as is_deleted
      from outbound_deliveries copies
      left join messages on messages.pod_id = copies.pod_id and messages.id = copies.message_uuid
      where copies.pod_id = ${podId} and copies.message_uuid = ${anyOf(messageUuids)} and copies.state = 'queued'
      group by copies.pod_id, copies.message_uuid, copies.organization_id, copies.inbox_id, messages.raw_sha256, messages.id)
    select queued.*, inboxes.address from queued
    left join inboxes on inboxes.pod_id = queued.pod_id and inboxes.id = queued.inbox_id
    order by queued.message_uuid`.execute(tx.within(scope));
  const hashes = rows.map((row) => row.raw_sha256);
  const contents = await readBlobs(tx, scope, podId, hashes);
  return rows.map((row) => queuedMessage(row, contents.get(hex(row.raw_sha256))));
}

function queuedMessage(row: QueuedRow, raw: Buffer | undefined): QueuedMessage {
  if (raw === undefined) throw new Error("the bytes of a queued message are missing");
  return {
    messageUuid: row.message_uuid,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    envelopeFrom: row.address ?? "",
    raw,
    sentAt: row.sent_at,
    recipients: row.recipients,
    isDeleted: row.is_deleted,
  };
}

/** Octets that a message deleted by its sender counts: its size is unknown, so it is delivered alone. */
const DELETED_MESSAGE_BYTES = 1024 ** 3;

/**
 * Messages of a pod that have queued copies, oldest first.
 * @param except messages left out (UUID)
 * @returns at most `limit` of them, with the octets of each
 */
export async function listQueued(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  except: readonly string[],
  limit: number,
): Promise<{ readonly messageUuid: string; readonly sizeBytes: number }[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("outbound_deliveries as copies")
    .leftJoin("messages", (join) =>
      join.onRef("messages.pod_id", "=", "copies.pod_id").onRef("messages.id", "=", "copies.message_uuid"),
    )
    .where("copies.pod_id", "=", podId)
    .where("copies.state", "=", "queued")
    .where(({ not, eb }) => not(eb("copies.message_uuid", "=", anyOf(except))))
    .groupBy("copies.message_uuid")
    .orderBy("copies.message_uuid")
    .limit(limit)
    .select(({ fn }) => ["copies.message_uuid", fn.max("messages.size").as("size")])
    .execute();
  return rows.map(({ message_uuid, size }) => ({
    messageUuid: message_uuid,
    sizeBytes: size ?? DELETED_MESSAGE_BYTES,
  }));
}

export interface SettledCopy {
  readonly messageUuid: string;
  readonly recipient: string;
  readonly state: OutboundState;
}

/** Moves a pod's queued copies to their outcome. @returns those that were still queued: each is counted once */
export async function settleDeliveries(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  copies: readonly (SettledCopy & { readonly detail: string })[],
  at: Date,
): Promise<readonly SettledCopy[]> {
  const { rows } = await sql<SettledCopy>`
    update outbound_deliveries as copies set state = outcome.state, detail = outcome.detail, updated_at = ${at}
    from json_to_recordset(${JSON.stringify(copies)}) as outcome
      ("messageUuid" uuid, recipient text, state text, detail text)
    where copies.pod_id = ${podId} and copies.message_uuid = outcome."messageUuid"
      and copies.recipient = outcome.recipient and copies.state = 'queued'
    returning copies.message_uuid as "messageUuid", copies.recipient, copies.state`.execute(tx.within(scope));
  return rows;
}

/** Deletes up to `limit` settled copies of deleted messages. @returns how many */
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
