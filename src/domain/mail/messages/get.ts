import { isUuid } from "../../../lib/uuid.ts";
import { normaliseMessageId } from "../../../protocols/mime/index.ts";
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { mayRead } from "../labels/index.ts";
import type { FullMessage, Message, MessageRef } from "./message.ts";
import { findBodies, findFittingMessages, findMessages, type MessagesNamed } from "./read-store.ts";

/** Made for every way a message can be absent. */
export const noMessage = () =>
  fail("object.not_found", {
    message: "Message not found",
    hint: "List the inbox's messages to see their ids.",
  });

type Find<Found> = (tx: Tx, scope: Scope, inbox: InboxTarget, named: MessagesNamed) => Promise<Found[]>;

async function requireOne<Found extends Message>(
  find: Find<Found>,
  { tx, scope, inbox, actor }: InboxContext,
  ref: MessageRef,
): Promise<Found> {
  const named = namesOf(ref);
  const found = named === null ? [] : await find(tx, scope, inbox, named);
  const exact = (candidate: Found): boolean => "messageId" in ref && candidate.messageId === ref.messageId;
  const message = found.find(exact) ?? found[0];
  if (message === undefined || !mayRead(actor, message.labels)) throw noMessage();
  return message;
}

/** What to look for; null for what can be no message's name. */
function namesOf(ref: MessageRef): MessagesNamed | null {
  if ("id" in ref) return isUuid(ref.id) ? { ids: [ref.id] } : null;
  return { messageIds: formsOf(ref.messageId) };
}

/** What a Message-ID is looked for as: as it is, which comes first, and with its angle brackets. */
function formsOf(messageId: string): readonly string[] {
  const bracketed = normaliseMessageId(messageId);
  return bracketed === null || bracketed === messageId ? [messageId] : [messageId, bracketed];
}

/** The messages of these ids, with or without angle brackets, in their order; those that are not there are left out. */
export async function findNamed(
  { tx, scope, inbox }: InboxContext,
  messageIds: readonly string[],
): Promise<Message[]> {
  const found = await findMessages(tx, scope, inbox, { messageIds: messageIds.flatMap(formsOf) });
  const byId = new Map(found.map((message) => [message.messageId, message]));
  return messageIds.flatMap((id) => formsOf(id).flatMap((form) => byId.get(form) ?? [])[0] ?? []);
}

/**
 * A message of the inbox with its bodies: large ones when there is room for them.
 * @param withFiles room for its attachments as well, which are to be read
 * @throws Failure object.not_found, also when the key may not see one of its labels
 */
export async function requireMessage(
  context: InboxContext,
  ref: MessageRef,
  { withFiles = false }: { readonly withFiles?: boolean } = {},
): Promise<FullMessage> {
  const { leftOut, ...message } = await requireOne(findFittingMessages, context, ref);
  const files = withFiles ? message.attachments.reduce((sum, { size }) => sum + size, 0) : 0;
  context.room(leftOut + files);
  if (leftOut === 0) return message;
  const bodies = await findBodies(context.tx, context.scope, message);
  if (bodies === null) throw noMessage();
  return { ...message, ...bodies };
}

/** The same without its bodies, for what does not show them. */
export const requireMessageHead = (context: InboxContext, ref: MessageRef): Promise<Message> =>
  requireOne(findMessages, context, ref);

/** One message with its bodies. */
export const getMessage = operation({
  name: "message.get",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, ref: MessageRef): Promise<FullMessage> => requireMessage(context, ref),
});
