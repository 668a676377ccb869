/** An event with the rows that its body is written from, as they are now. */
import type { Tx } from "../../../storage/db.ts";
import { findPodsOfInboxes, restrictedLabels, type SystemScope } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";
import { type FittingMessage, findFittingMessage } from "../../mail/messages/index.ts";
import { findSeenThread, findThread, type Thread } from "../../mail/threads/index.ts";

/** What an event's own row says. */
export interface EventRow {
  readonly id: string;
  readonly type: EventType;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string | null;
  readonly messageUuid: string | null;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event with the current rows that its payload is built from. */
export interface StoredEvent extends Omit<EventRow, "inboxId" | "messageUuid"> {
  /** Null: it is about none, or it was deleted. Without bodies that are large: no event is written with them. */
  readonly message: FittingMessage | null;
  /** As whoever may read the message sees it, and nothing of it that takes more. */
  readonly thread: Thread | null;
}

/** The message of an event where the event lies; null when it is about none, or the message is not there. */
export const findEventMessage = async (
  tx: Tx,
  scope: SystemScope,
  { podId, messageUuid }: Pick<EventRow, "podId" | "messageUuid">,
): Promise<FittingMessage | null> =>
  messageUuid === null ? null : findFittingMessage(tx, scope, podId, messageUuid);

/** Of any tenant: who is told of it is for the caller to judge. @param here what findEventMessage found */
export async function loadEvent(
  tx: Tx,
  scope: SystemScope,
  row: EventRow,
  here: FittingMessage | null,
): Promise<StoredEvent> {
  const { inboxId: _inboxId, messageUuid: _messageUuid, ...event } = row;
  const message = here ?? (await findMovedMessage(tx, scope, row));
  return { ...event, message, thread: message === null ? null : await findThreadOf(tx, scope, message) };
}

/**
 * Without the messages that have another restricted label than this one: an event is written once for all who hear of it, and of them each
 * may read this message.
 */
async function findThreadOf(
  tx: Tx,
  scope: SystemScope,
  { podId, threadId, labels }: FittingMessage,
): Promise<Thread | null> {
  const thread = await findThread(tx, scope, podId, threadId);
  const hidden = restrictedLabels.filter((label) => !labels.includes(label));
  if (thread === null || !hidden.some((label) => thread.labels.includes(label))) return thread;
  return findSeenThread(tx, scope, thread, hidden);
}

/** The message of an event whose inbox is on its way to another pod, of which one went before the other. */
async function findMovedMessage(
  tx: Tx,
  scope: SystemScope,
  { inboxId, messageUuid, podId }: EventRow,
): Promise<FittingMessage | null> {
  if (inboxId === null || messageUuid === null) return null;
  const other = await findOtherPod(tx, scope, { inboxId, podId });
  return other === null ? null : findFittingMessage(tx, scope, other, messageUuid);
}

/** The pod that an inbox moves to, or moved to since; null when it stays where it was, or was deleted. */
export async function findOtherPod(
  tx: Tx,
  scope: SystemScope,
  { inboxId, podId }: { readonly inboxId: string; readonly podId: string },
): Promise<string | null> {
  const found = (await findPodsOfInboxes(tx, scope, [inboxId])).get(inboxId);
  if (found === undefined) return null;
  if (found.movingTo === null) return found.podId === podId ? null : found.podId;
  return found.movingTo === podId ? found.podId : found.movingTo;
}
