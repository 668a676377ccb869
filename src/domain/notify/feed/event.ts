import type { Actor } from "../../door/access/index.ts";
import { type EventType, eventTypes, isOwnType } from "../../door/events.ts";
import { type EventRow, mayReadEvent } from "../webhooks/index.ts";

/** An event as the reader finds it. */
export interface FeedEvent extends EventRow {
  /** Transaction that wrote it, as PostgreSQL counts them (xid8). */
  readonly tx: string;
}

/** Types that a subscription has which names none: mail with a restricted label is for who asks for it (contract 12.2), and so are types of our own. */
export const ordinaryTypes: readonly EventType[] = eventTypes.filter(
  (type) => !/^message\.received\./.test(type) && !isOwnType(type),
);

/**
 * Whether an actor may be told of an event now, whatever its key held when it subscribed.
 * @param labels of the message that it is about; empty when it is about none
 */
export function mayHear(
  actor: Actor,
  event: Pick<EventRow, "organizationId" | "podId" | "inboxId" | "type">,
  labels: readonly string[],
): boolean {
  const { organizationId, podId, inboxId } = actor.scope;
  if (event.organizationId !== organizationId) return false;
  if (podId !== null && event.podId !== podId) return false;
  if (inboxId !== null && event.inboxId !== inboxId) return false;
  return mayReadEvent(actor, event.type, labels);
}
