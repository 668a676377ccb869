import { normaliseMessageId } from "../../../protocols/mime/index.ts";
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import { type InboxContext, operation } from "../../door/operation.ts";
import { mayRead } from "../labels/index.ts";
import type { FullMessage, Message } from "./message.ts";
import { findFullMessagesByIds, findMessagesByIds } from "./read-store.ts";

/** Made for every way a message can be absent. */
export const noMessage = () =>
  fail("message.not_found", {
    say: "Message not found",
    fix: "List the inbox's messages to see their ids.",
  });

async function requireOne<Found extends Message>(
  find: (tx: Tx, scope: Scope, inbox: InboxTarget, ids: readonly string[]) => Promise<Found[]>,
  { tx, scope, inbox, actor }: InboxContext,
  messageId: string,
): Promise<Found> {
  const bracketed = normaliseMessageId(messageId);
  const candidates = [...new Set([messageId, ...(bracketed === null ? [] : [bracketed])])];
  const found = await find(tx, scope, inbox, candidates);
  const message = found.find((candidate) => candidate.messageId === messageId) ?? found[0];
  if (message === undefined || !mayRead(actor, message.labels)) throw noMessage();
  return message;
}

/**
 * A message of the inbox by its Message-ID, with or without the angle brackets.
 * @throws Failure message.not_found, also when the key may not see one of its labels
 */
export const requireMessage = (context: InboxContext, messageId: string): Promise<FullMessage> =>
  requireOne(findFullMessagesByIds, context, messageId);

/** The same without its bodies, for what does not show them. */
export const requireMessageHead = (context: InboxContext, messageId: string): Promise<Message> =>
  requireOne(findMessagesByIds, context, messageId);

/** One message with its bodies. */
export const getMessage = operation({
  name: "message.get",
  needs: "message_read",
  on: "inbox",
  kind: "read",
  run: (context, input: { readonly messageId: string }): Promise<FullMessage> =>
    requireMessage(context, input.messageId),
});
