import { normaliseMessageId } from "../../protocols/mime/index.ts";
import type { InboxTarget } from "../access/index.ts";
import { fail } from "../failures.ts";
import { type Context, operation } from "../operation.ts";
import type { FullMessage } from "./message.ts";
import { findMessagesByIds } from "./read-store.ts";
import { mayRead } from "./visibility.ts";

type InboxContext = Context & { readonly inbox: InboxTarget };

/**
 * A message of the inbox by its Message-ID, with or without the angle brackets.
 * @throws Failure message.not_found, also when the key may not see one of its labels
 */
export async function requireMessage(
  { tx, scope, inbox, actor }: InboxContext,
  messageId: string,
): Promise<FullMessage> {
  const bracketed = normaliseMessageId(messageId);
  const candidates = [...new Set([messageId, ...(bracketed === null ? [] : [bracketed])])];
  const found = await findMessagesByIds(tx, scope, inbox, candidates);
  const message = found.find((candidate) => candidate.messageId === messageId) ?? found[0];
  if (message === undefined || !mayRead(actor, message.labels))
    throw fail("message.not_found", {
      say: "Message not found",
      fix: "List the inbox's messages to see their ids.",
    });
  return message;
}

/** One message with its bodies. */
export const getMessage = operation({
  name: "message.get",
  needs: "message_read",
  on: "inbox",
  kind: "read",
  run: (context, input: { readonly messageId: string }): Promise<FullMessage> =>
    requireMessage(context, input.messageId),
});
