import { forwardedBody, forwardSubject } from "../../../protocols/mime/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { readAttachmentBytes } from "../../mail/attachments/index.ts";
import {
  type FullMessage,
  type MessageRef,
  messageRefOf,
  requireMessage,
} from "../../mail/messages/index.ts";
import { repeatable, withIdempotencyKey } from "./idempotency.ts";
import {
  type CheckedAttachment,
  type CheckedOutgoing,
  checkOutgoing,
  type Outgoing,
  requireRecipients,
  shareOf,
} from "./outgoing.ts";
import { replyRef } from "./reply.ts";
import type { Sent } from "./store-sent.ts";
import { submit, submitFailures } from "./submit.ts";

/**
 * Forwards a message within its thread: the caller's note, then the original with its attachments. Needs message_read as
 * well, else a key that may only send could read any mail by forwarding it to an address of its holder's.
 */
export const forwardMessage = operation({
  name: "message.forward",
  needs: ["message_send", "message_read"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", ...submitFailures],
  shares: shareOf,
  check(input: Outgoing & MessageRef) {
    const outgoing = checkOutgoing(input);
    requireRecipients(outgoing);
    return { message: messageRefOf(input), outgoing, request: repeatable("forward", input) };
  },
  run: (context, { message, outgoing, request }): Promise<Sent> =>
    withIdempotencyKey(context, request, async () => {
      const original = await requireMessage(context, message, { withFiles: true });
      return submit(context, await withOriginal(context, outgoing, original), replyRef(original));
    }),
});

/** What a forward says: the caller's own words and files, then the original's. */
export async function withOriginal(
  context: InboxContext,
  outgoing: CheckedOutgoing,
  original: FullMessage,
): Promise<CheckedOutgoing> {
  const body = forwardedBody(
    { text: outgoing.text, html: outgoing.html },
    {
      from: original.from,
      date: original.timestamp,
      subject: original.subject,
      to: [...original.to],
      text: original.text,
      html: original.html,
    },
  );
  const bytes = await readAttachmentBytes(context.tx, context.scope, original.podId, original.id);
  const attachments = original.attachments.flatMap((attachment): CheckedAttachment[] => {
    const content = bytes.get(attachment.id);
    if (content === undefined) return [];
    const { filename, contentType, contentId } = attachment;
    return [
      {
        filename,
        contentType,
        contentId,
        disposition: attachment.contentDisposition ?? "attachment",
        content,
      },
    ];
  });
  return {
    ...outgoing,
    ...body,
    subject: outgoing.subject ?? forwardSubject(original.subject),
    attachments: [...outgoing.attachments, ...attachments],
  };
}
