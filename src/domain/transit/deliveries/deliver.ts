/**
 * Delivers the queued copies of an outgoing message. Hosted recipients get it through the inbound pipeline; for the
 * rest this installation has no way out yet (`ROOKERY_OUTBOUND=capture`): the copy is kept, marked captured and says so.
 * May run again after a crash: an inbox recognises the Message-ID, and only copies still queued are settled. What was
 * accepted goes out though its sender deleted it, or the whole inbox, meanwhile.
 */
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTargetById, insertEvents, systemScope } from "../../door/access/index.ts";
import type { EventType, NewEvent } from "../../door/events.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { addSystemLabel } from "../../mail/labels/index.ts";
import type { Receiver, Recipient } from "../arrivals/index.ts";
import { findQueued, type QueuedMessage, settleDeliveries } from "./store.ts";

export interface DeliverParts {
  readonly database: Database;
  readonly receiver: Receiver;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Domain of inboxes created without one: an unknown address there bounces, as nobody else can have it. */
  readonly hostedDomain: string;
}

export interface OutboundKey {
  readonly podId: string;
  readonly messageUuid: string;
}

/** Recipients by what becomes of them. */
interface Sorted {
  readonly hosted: readonly Recipient[];
  readonly unknown: readonly string[];
  readonly elsewhere: readonly string[];
}

export async function deliverOutbound(parts: DeliverParts, key: OutboundKey): Promise<void> {
  const { database } = parts;
  const found = await database.transaction(systemScope, async (tx) => {
    const queued = await findQueued(tx, systemScope, key.podId, key.messageUuid);
    const inbox =
      queued === null ? null : await findInboxTargetById(tx, systemScope, key.podId, queued.inboxId);
    return queued === null ? null : { queued, envelopeFrom: inbox?.address ?? "" };
  });
  if (found === null) return;
  const { hosted, unknown, elsewhere } = await sortRecipients(parts, found.queued);
  const having = await receiveIn(parts, found.queued, found.envelopeFrom, hosted);
  await settle(parts, key, found.queued, {
    hosted: hosted.filter(({ inbox }) => having.has(inbox.id)),
    // Its inbox was deleted meanwhile.
    unknown: [
      ...unknown,
      ...hosted.filter(({ inbox }) => !having.has(inbox.id)).map(({ address }) => address),
    ],
    elsewhere,
  });
}

/** @returns ids of the inboxes that have it now */
async function receiveIn(
  { receiver, clock }: DeliverParts,
  { raw, sentAt, inboxId }: QueuedMessage,
  envelopeFrom: string,
  hosted: readonly Recipient[],
): Promise<ReadonlySet<string>> {
  // The sender's own inbox has it already, and must not get it back when it was deleted there.
  const recipients = hosted.filter(({ inbox }) => inbox.id !== inboxId);
  if (recipients.length === 0) return new Set([inboxId]);
  const mail = { raw, trace: "", recipients, envelopeFrom, receivedAt: clock.now(), sentAt };
  return new Set([inboxId, ...(await receiver.receive(mail))]);
}

async function sortRecipients(
  { receiver, hostedDomain }: DeliverParts,
  queued: QueuedMessage,
): Promise<Sorted> {
  const hosted: Recipient[] = [];
  const unknown: string[] = [];
  const elsewhere: string[] = [];
  for (const address of queued.recipients) {
    const recipient = await receiver.resolve(address);
    if (recipient !== null) hosted.push(recipient);
    else if (address.toLowerCase().endsWith(`@${hostedDomain}`)) unknown.push(address);
    else elsewhere.push(address);
  }
  return { hosted, unknown, elsewhere };
}

async function settle(
  parts: DeliverParts,
  key: OutboundKey,
  queued: QueuedMessage,
  sorted: Sorted,
): Promise<void> {
  const at = parts.clock.now();
  const event = (type: EventType, data: NewEvent["data"]): NewEvent => ({
    id: parts.newId(),
    type,
    organizationId: queued.organizationId,
    podId: key.podId,
    inboxId: queued.inboxId,
    messageUuid: key.messageUuid,
    data,
    at,
  });
  await parts.database.transaction(systemScope, async (tx) => {
    const end = (
      recipients: readonly string[],
      state: "delivered" | "bounced" | "captured",
      detail: string | null,
    ) => settleDeliveries(tx, systemScope, key, recipients, { state, detail, at });
    const delivered = await end(
      sorted.hosted.map(({ address }) => address),
      "delivered",
      "stored here",
    );
    const bounced = await end(sorted.unknown, "bounced", "550 5.1.1 no such inbox");
    const captured = await end(sorted.elsewhere, "captured", "kept here: ROOKERY_OUTBOUND=capture");
    const events: NewEvent[] = [];
    if (delivered.length > 0) events.push(event("message.delivered", { recipients: delivered }));
    if (bounced.length > 0) {
      await addSystemLabel(tx, systemScope, key.podId, key.messageUuid, "bounced", at);
      const recipients = bounced.map((address) => ({ address, status: "5.1.1" }));
      events.push(event("message.bounced", { type: "Permanent", subType: "NoEmail", recipients }));
    }
    if (captured.length > 0)
      await addSystemLabel(tx, systemScope, key.podId, key.messageUuid, "captured", at);
    await insertEvents(tx, systemScope, events);
    if (queued.isDeleted) await tx.enqueue([sweepJob(key.podId)]);
  });
}
