/** The way in of consumers, who have a token instead of a key. */
import { sha256 } from "../../../lib/hash.ts";
import { isUuid } from "../../../lib/uuid.ts";
import type { Database } from "../../../storage/db.ts";
import {
  type Actor,
  type LookUpPace,
  systemActor,
  systemActorAcrossPods,
  systemScope,
  unknownKey,
} from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { loadStored } from "../feed/index.ts";
import { MAX_POLLED_BYTES } from "../limits.ts";
import {
  eventText,
  mayReadEvent,
  type Reader,
  readerWithout,
  type WebhookFormat,
} from "../webhooks/index.ts";
import { commitOffset, type ReceiveEvents, receiveEvents, shortenLease } from "./consume.ts";
import { findPollingOwner } from "./store.ts";

export interface ConsumerParts {
  readonly database: Database;
  readonly door: Door;
  readonly format: Pick<WebhookFormat, "present">;
}

export interface ConsumerToken {
  readonly webhookId: string;
  readonly organizationId: string;
  readonly token: string;
}

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly offset: number;
  readonly at: Date;
  /** JSON. */
  readonly text: string;
}

export interface Received {
  readonly events: readonly ReceivedEvent[];
  /** Nothing further waits. */
  readonly isAll: boolean;
}

interface Consumer {
  /** The system, narrowed to what the subscription was made in. */
  readonly actor: Actor;
  readonly reader: Reader;
}

/** Who acts. @throws Failure auth.unknown_key */
async function consumerOf(
  { database }: ConsumerParts,
  { webhookId, organizationId, token }: ConsumerToken,
  pace: LookUpPace,
): Promise<Consumer> {
  const owner = await pace.during(async () =>
    isUuid(webhookId)
      ? database.readOnce(systemScope, (tx) =>
          findPollingOwner(tx, systemScope, { id: webhookId, tokenSha256: sha256(token) }),
        )
      : null,
  );
  if (owner === null || owner.organizationId !== organizationId) throw unknownKey();
  pace.forgive();
  const { podId, inboxId } = owner;
  const part = "polling consumer";
  const actor =
    podId === null
      ? // The Default Pod has the organization's id.
        await systemActorAcrossPods(database, part, organizationId)
      : await systemActor(database, part, { podId, ...(inboxId !== null && { inboxId }) });
  if (actor === null) throw unknownKey();
  return { actor, reader: readerWithout(owner.lacked) };
}

/** @throws Failure auth.unknown_key, pod.suspended, input.invalid, limit.exceeded */
export async function receive(
  parts: ConsumerParts,
  by: ConsumerToken,
  asked: Omit<ReceiveEvents, "webhookId">,
  pace: LookUpPace,
): Promise<Received> {
  const { actor, reader } = await consumerOf(parts, by, pace);
  const { webhookId } = by;
  const handed = await parts.door.run(receiveEvents, actor, {}, { ...asked, webhookId });
  const events: ReceivedEvent[] = [];
  let bytes = 0;
  for (const event of handed.events) {
    const stored = await loadStored(parts.database, event);
    const mayTell = mayReadEvent(reader, event.type, stored.message?.labels ?? []);
    const text = mayTell ? eventText(parts.format, stored) : null;
    bytes += text?.length ?? 0;
    if (bytes > MAX_POLLED_BYTES && events.length > 0) {
      const leasedTo = event.position - 1;
      await parts.door.run(shortenLease, actor, {}, { webhookId, consumerId: asked.consumerId, leasedTo });
      return { events, isAll: false };
    }
    // Of a message that was deleted, or hidden from it since, there is nothing to tell.
    if (text !== null)
      events.push({ id: event.id, type: event.type, offset: event.position, at: event.at, text });
  }
  return { events, isAll: handed.isAll };
}

/** @throws as receive */
export async function commit(
  parts: ConsumerParts,
  by: ConsumerToken,
  asked: { readonly consumerId: string; readonly offset: number },
  pace: LookUpPace,
): Promise<void> {
  const { actor } = await consumerOf(parts, by, pace);
  await parts.door.run(commitOffset, actor, {}, { ...asked, webhookId: by.webhookId });
}

/** Whether the token is the subscription's. @throws Failure auth.unknown_key */
export async function requireConsumer(
  parts: ConsumerParts,
  by: ConsumerToken,
  pace: LookUpPace,
): Promise<void> {
  await consumerOf(parts, by, pace);
}
