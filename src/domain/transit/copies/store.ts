/** SQL of outgoing copies: one row per recipient, from queued to its outcome. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { hex } from "../../mail/blobs/rows.ts";
import type { NewMessage } from "../../mail/messages/index.ts";

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

export interface SettledCopy {
  readonly messageUuid: string;
  readonly recipient: string;
  readonly state: "delivered" | "captured" | "bounced";
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
