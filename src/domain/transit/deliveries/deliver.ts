/**
 * Delivers the queued copies of outgoing messages. Copies for hosted recipients go through the inbound pipeline; for the
 * rest this installation has no way out yet (`ROOKERY_OUTBOUND=capture`): the copy is kept, marked captured and says so.
 * May run again after a crash: an inbox recognises the mail, and only copies still queued are settled. What was
 * accepted goes out though its sender deleted it, or the whole inbox, meanwhile.
 */
import type { Clock } from "../../../lib/clock.ts";
import { prefixWithin } from "../../../lib/prefix-within.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { operation } from "../../door/operation.ts";
import { MAX_DELIVERY_BATCH, MAX_DELIVERY_BATCH_BYTES } from "../../limits.ts";
import type { Receiver, Recipient } from "../arrivals/index.ts";
import { type Outcome, type Settlement, settleCopies } from "./settle.ts";
import { findQueued, listQueued, type QueuedMessage } from "./store.ts";

export interface DeliverParts {
  readonly door: Door;
  /** Where the sender's organization is looked up. */
  readonly database: Database;
  readonly receiver: Receiver;
  readonly clock: Clock;
  /** Domain of inboxes created without one: an unknown address there bounces, as no other server can have it. */
  readonly hostedDomain: string;
}

/** Outgoing messages of one pod, by UUID. */
export interface OutboundKeys {
  readonly podId: string;
  readonly messageUuids: readonly string[];
}

/** In audit rows. */
const PART = "outbound delivery";

/**
 * Delivers what is queued of a pod's messages, all at once: one look-up, one commit beside those of the receiver.
 * @throws when one of them could not be delivered; then some may be delivered and none is settled
 */
export async function deliverOutbound(parts: DeliverParts, keys: OutboundKeys): Promise<void> {
  const { door } = parts;
  const { podId } = keys;
  const actor = await systemActor(parts.database, PART, { podId });
  if (actor === null) return;
  const queued = await door.run(findQueuedCopies, actor, {}, keys);
  if (queued.length === 0) return;
  const settlements = await Promise.allSettled(
    queued.map(
      async (message): Promise<Settlement> => ({ message, outcomes: await outcomesOf(parts, message) }),
    ),
  );
  const done = settlements.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  await door.run(settleCopies, actor, {}, { podId, settlements: done });
}

/**
 * The messages of a pod that are to be delivered next, oldest first: as many as may be in memory at once.
 * @param except messages left out (UUID)
 * @returns their ids (UUID); none when the pod has nothing else queued
 */
export async function nextQueued(
  { door, database }: DeliverParts,
  podId: string,
  except: readonly string[],
): Promise<readonly string[]> {
  const actor = await systemActor(database, PART, { podId });
  return actor === null ? [] : door.run(listQueuedMessages, actor, {}, { podId, except });
}

/** Leaves a pod's queued messages to its backlog job: at most one of a pod waits and one runs, as they share a key and a queue. */
export async function enqueueBacklog({ door, database }: DeliverParts, podId: string): Promise<void> {
  const actor = await systemActor(database, PART, { podId });
  if (actor !== null) await door.run(deferToBacklog, actor, {}, { podId });
}

const deferToBacklog = operation({
  name: "delivery.defer",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run({ enqueue }, { podId }: { readonly podId: string }): Promise<void> {
    const name = `outbound:${podId}`;
    enqueue({ task: "deliver_outbound_busy", queue: name, key: name, payload: { podId } });
  },
});

const listQueuedMessages = operation({
  name: "delivery.list",
  needs: "system",
  on: "any",
  kind: "read",
  async run(
    { tx, scope },
    { podId, except }: { readonly podId: string; readonly except: readonly string[] },
  ): Promise<readonly string[]> {
    const queued = await listQueued(tx, scope, podId, except, MAX_DELIVERY_BATCH);
    const sizes = queued.map(({ sizeBytes }) => sizeBytes);
    return queued
      .slice(0, prefixWithin(sizes, MAX_DELIVERY_BATCH, MAX_DELIVERY_BATCH_BYTES))
      .map(({ messageUuid }) => messageUuid);
  },
});

/** The copies still to deliver. The reverse-path is null when the inbox was deleted, so that nothing bounces to it. */
const findQueuedCopies = operation({
  name: "delivery.find",
  needs: "system",
  on: "any",
  kind: "read",
  run: ({ tx, scope }, { podId, messageUuids }: OutboundKeys) => findQueued(tx, scope, podId, messageUuids),
});

const bounced: Outcome = { state: "bounced", detail: "550 5.1.1 no such inbox" };
const captured: Outcome = { state: "captured", detail: "kept here: ROOKERY_OUTBOUND=capture" };
const delivered: Outcome = { state: "delivered", detail: "stored here" };

/** Stores the message in the inboxes here that it is for. @returns what became of it, by recipient */
async function outcomesOf(
  parts: DeliverParts,
  message: QueuedMessage,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const hosted: Recipient[] = [];
  for (const address of message.recipients) {
    const recipient = await parts.receiver.resolve(address);
    if (recipient !== null) hosted.push(recipient);
    else outcomes.set(address, address.toLowerCase().endsWith(`@${parts.hostedDomain}`) ? bounced : captured);
  }
  const having = await receiveIn(parts, message, hosted);
  // A recipient whose inbox was deleted meanwhile bounces.
  for (const { address, inbox } of hosted) outcomes.set(address, having.has(inbox.id) ? delivered : bounced);
  return outcomes;
}

/** @returns ids of the inboxes that have it now */
async function receiveIn(
  { receiver, clock }: DeliverParts,
  { raw, sentAt, inboxId, envelopeFrom }: QueuedMessage,
  hosted: readonly Recipient[],
): Promise<ReadonlySet<string>> {
  // The sender's own inbox has it already, and must not get it back when it was deleted there.
  const recipients = hosted.filter(({ inbox }) => inbox.id !== inboxId);
  if (recipients.length === 0) return new Set([inboxId]);
  const mail = { raw, trace: "", recipients, envelopeFrom, receivedAt: clock.now(), sentAt };
  return new Set([inboxId, ...(await receiver.receive(mail))]);
}
