/** SQL of the queue of outgoing copies: which are due, what they carry, and when what failed is tried again. */
import { sql } from "kysely";
import { forwardingOf } from "../../../storage/clock-set-back.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope, SystemScope } from "../../door/access/index.ts";
import { HELD_COPIES_SECONDS } from "../../limits.ts";
import { hex, readBlobs } from "../../mail/blobs/rows.ts";

/** An outgoing message that still has copies to deliver. */
export interface QueuedMessage {
  readonly podId: string;
  readonly messageUuid: string;
  readonly organizationId: string;
  readonly inboxId: string;
  /** Address of that inbox; empty when it was deleted meanwhile. */
  readonly envelopeFrom: string;
  /** Whether its sender is paused or suspended: it waits until that ends, and its bytes are not read. */
  readonly isHeld: boolean;
  /** Whether its sender was deleted while it waited so. */
  readonly isAbandoned: boolean;
  /** Null when its bytes are missing, which nothing of ours causes, and when they are not read. */
  readonly raw: Buffer | null;
  readonly sentAt: Date;
  /** Milliseconds since then, by PostgreSQL's clock: by ours, a process whose clock is ahead would bounce what only waits. */
  readonly waitedMs: number;
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
  readonly waited_ms: number;
  readonly is_deleted: boolean;
  readonly is_held: boolean;
  readonly is_abandoned: boolean;
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
        coalesce((array_agg(copies.raw_sha256))[1], messages.raw_sha256) as raw_sha256, messages.id is null as is_deleted,
        bool_or(copies.held_at is not null) as was_held
      from outbound_deliveries copies
      left join messages on messages.pod_id = copies.pod_id and messages.id = copies.message_uuid
      where copies.pod_id = ${podId} and copies.message_uuid = ${anyOf(messageUuids)} and copies.domain is null and copies.state = 'queued'
      group by copies.pod_id, copies.message_uuid, copies.organization_id, copies.inbox_id, messages.raw_sha256, messages.id)
    select queued.*, (extract(epoch from now() - queued.sent_at) * 1000)::float8 as waited_ms, inboxes.address, inboxes.id is null and was_held as is_abandoned,
      coalesce(inboxes.paused_at, pods.paused_at, pods.suspended_at, organizations.paused_at) is not null as is_held
    from queued
    left join inboxes on inboxes.pod_id = queued.pod_id and inboxes.id = queued.inbox_id
    left join pods on pods.id = queued.pod_id
    left join organizations on organizations.id = queued.organization_id
    order by queued.message_uuid`.execute(tx.within(scope));
  const hashes = rows.flatMap((row) => (row.is_held || row.is_abandoned ? [] : [row.raw_sha256]));
  const contents = await readBlobs(tx, scope, podId, hashes);
  return rows.map((row) => ({
    podId,
    messageUuid: row.message_uuid,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    envelopeFrom: row.address ?? "",
    isHeld: row.is_held,
    isAbandoned: row.is_abandoned,
    raw: contents.get(hex(row.raw_sha256)) ?? null,
    sentAt: row.sent_at,
    waitedMs: row.waited_ms,
    recipients: row.recipients,
    isDeleted: row.is_deleted,
  }));
}

/** Octets that a message deleted by its sender counts: its size is unknown, so it is delivered alone. */
const DELETED_MESSAGE_BYTES = 1024 ** 3;

/** @returns messages of a pod whose copies are due, oldest first, at most `limit`, with the octets of each */
export async function listDue(
  tx: Tx,
  scope: Scope,
  podId: string,
  limit: number,
): Promise<{ readonly messageUuid: string; readonly sizeBytes: number }[]> {
  // The state is in the text, where a prepared statement's plan can tell that the index of queued copies serves it.
  const { rows } = await sql<{ message_uuid: string; size: number | null }>`
    select copies.message_uuid, max(messages.size) as size from outbound_deliveries copies
    left join messages on messages.pod_id = copies.pod_id and messages.id = copies.message_uuid
    where copies.pod_id = ${podId} and copies.domain is null and copies.state = 'queued' and copies.next_attempt_at <= now()
    group by copies.message_uuid order by copies.message_uuid limit ${limit}`.execute(tx.within(scope));
  return rows.map(({ message_uuid, size }) => ({
    messageUuid: message_uuid,
    sizeBytes: size ?? DELETED_MESSAGE_BYTES,
  }));
}

/** @returns pods that have copies which are due (UUID), at most `limit` */
export async function listPodsWithDue(tx: Tx, scope: SystemScope, limit: number): Promise<string[]> {
  const { rows } = await sql<{ pod_id: string }>`
    select distinct pod_id from outbound_deliveries
    where domain is null and state = 'queued' and next_attempt_at <= now() limit ${limit}`.execute(
    tx.within(scope),
  );
  return rows.map((row) => row.pod_id);
}

/** Seconds that queued copies are put off at most. */
const MOST_SECONDS = 3600;

/** Copies that are queued. */
export const waitingCopies = forwardingOf({
  table: "outbound_deliveries",
  key: sql`id`,
  waiting: sql.raw("d.domain is null and d.state = 'queued'"),
  mostSeconds: MOST_SECONDS,
  thenSeconds: 0,
});

/** Puts the queued copies of messages off, for twice as long with each attempt: a second at first, an hour at most. */
export async function putOff(
  tx: Tx,
  scope: Scope,
  podId: string,
  messageUuids: readonly string[],
): Promise<void> {
  await sql`
    update outbound_deliveries set attempts = attempts + 1,
      next_attempt_at = now() + interval '1 second' * least(${MOST_SECONDS}::integer, pow(2, least(attempts, 12)))
    where pod_id = ${podId} and message_uuid = ${anyOf(messageUuids)} and domain is null and state = 'queued'`.execute(
    tx.within(scope),
  );
}

/** Has the queued copies of messages wait because their senders are paused. */
export async function hold(
  tx: Tx,
  scope: Scope,
  podId: string,
  messageUuids: readonly string[],
): Promise<void> {
  await sql`
    update outbound_deliveries set held_at = coalesce(held_at, now()),
      next_attempt_at = now() + make_interval(secs => ${HELD_COPIES_SECONDS})
    where pod_id = ${podId} and message_uuid = ${anyOf(messageUuids)} and domain is null and state = 'queued'`.execute(
    tx.within(scope),
  );
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
      select copies.id from outbound_deliveries copies where copies.pod_id = ${podId} and copies.state not in ('queued', 'sending', 'deferred')
        and not exists (
        select from messages where messages.pod_id = ${podId} and messages.id = copies.message_uuid)
      limit ${limit})`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}
