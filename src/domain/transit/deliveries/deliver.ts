/**
 * Delivers the queued copies of an outgoing message. Hosted recipients get it through the inbound pipeline; for the
 * rest this installation has no way out yet (`ROOKERY_OUTBOUND=capture`): the copy is kept, marked captured and says so.
 * May run again after a crash: an inbox recognises the Message-ID, and only copies still queued are settled. What was
 * accepted goes out though its sender deleted it, or the whole inbox, meanwhile.
 */
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTargetById, systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import type { EventType } from "../../door/events.ts";
import { operation } from "../../door/operation.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { addSystemLabel } from "../../mail/labels/index.ts";
import type { Receiver, Recipient } from "../arrivals/index.ts";
import { findQueued, type QueuedMessage, settleDeliveries } from "./store.ts";

export interface DeliverParts {
  readonly door: Door;
  /** Where the sender's organization is looked up. */
  readonly database: Database;
  readonly receiver: Receiver;
  readonly clock: Clock;
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

/** In audit rows. */
const PART = "outbound delivery";

export async function deliverOutbound(parts: DeliverParts, key: OutboundKey): Promise<void> {
  const { door } = parts;
  const actor = await systemActor(parts.database, PART, { podId: key.podId });
  const found = actor === null ? null : await door.run(findQueuedCopies, actor, {}, key);
  if (actor === null || found === null) return;
  const { hosted, unknown, elsewhere } = await sortRecipients(parts, found.queued);
  const having = await receiveIn(parts, found.queued, found.envelopeFrom, hosted);
  await door.run(
    settleCopies,
    actor,
    {},
    {
      ...key,
      queued: found.queued,
      hosted: hosted.filter(({ inbox }) => having.has(inbox.id)),
      // Its inbox was deleted meanwhile.
      unknown: [
        ...unknown,
        ...hosted.filter(({ inbox }) => !having.has(inbox.id)).map(({ address }) => address),
      ],
      elsewhere,
    },
  );
}

/** Leaves a message to the lane in which a pod that sends much waits for itself. */
export async function deferOutbound({ door, database }: DeliverParts, key: OutboundKey): Promise<void> {
  const actor = await systemActor(database, PART, { podId: key.podId });
  if (actor !== null) await door.run(deferCopies, actor, {}, key);
}

const deferCopies = operation({
  name: "delivery.defer",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run({ enqueue }, { podId, messageUuid }: OutboundKey): Promise<void> {
    enqueue({
      task: "deliver_outbound_busy",
      queue: `outbound:${podId}`,
      payload: { podId, messageUuid },
    });
  },
});

/** The copies still to deliver, with the envelope sender: none when the inbox is gone, so that nothing comes back to it. */
const findQueuedCopies = operation({
  name: "delivery.find",
  needs: "system",
  on: "any",
  kind: "read",
  async run({ tx, scope }, { podId, messageUuid }: OutboundKey) {
    const queued = await findQueued(tx, scope, podId, messageUuid);
    if (queued === null) return null;
    const inbox = await findInboxTargetById(tx, scope, podId, queued.inboxId);
    return { queued, envelopeFrom: inbox?.address ?? "" };
  },
});

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

interface Outcome extends OutboundKey, Sorted {
  readonly queued: QueuedMessage;
}

/** Writes down what became of each copy, with its events, and the labels that tell of it. */
const settleCopies = operation({
  name: "delivery.settle",
  needs: "system",
  on: "any",
  kind: "write",
  async run(context, { podId, messageUuid, queued, ...sorted }: Outcome): Promise<void> {
    const { tx, scope, now: at } = context;
    const key = { podId, messageUuid };
    const end = (
      recipients: readonly string[],
      state: "delivered" | "bounced" | "captured",
      detail: string | null,
    ) => settleDeliveries(tx, scope, key, recipients, { state, detail, at });
    const tell = (type: EventType, data: Record<string, unknown>): void =>
      context.emit({ type, podId, inboxId: queued.inboxId, messageUuid, data });
    const delivered = await end(
      sorted.hosted.map(({ address }) => address),
      "delivered",
      "stored here",
    );
    const bounced = await end(sorted.unknown, "bounced", "550 5.1.1 no such inbox");
    const captured = await end(sorted.elsewhere, "captured", "kept here: ROOKERY_OUTBOUND=capture");
    if (delivered.length > 0) tell("message.delivered", { recipients: delivered });
    if (bounced.length > 0) {
      await addSystemLabel(tx, scope, podId, messageUuid, "bounced", at);
      const recipients = bounced.map((address) => ({ address, status: "5.1.1" }));
      tell("message.bounced", { type: "Permanent", subType: "NoEmail", recipients });
    }
    if (captured.length > 0) await addSystemLabel(tx, scope, podId, messageUuid, "captured", at);
    if (queued.isDeleted) context.enqueue(sweepJob(podId));
    context.changed([{ inboxId: queued.inboxId, target: messageUuid }]);
  },
});
