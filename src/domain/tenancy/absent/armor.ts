/** What is said of a scanner's verdict on a message. No scanner is asked here, so that no message has one. */
import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { type MessageRef, requireMessageHead } from "../../mail/messages/index.ts";
import { MAX_VERDICT_NOTE_LENGTH } from "./limits.ts";

async function refuse(context: InboxContext, message: MessageRef): Promise<never> {
  await requireMessageHead(context, message);
  throw fail("object.conflict", {
    message: "The message has no scan result",
    hint: "Mail is not scanned on this server: nothing is held, and there is no verdict to comment on.",
  });
}

/** Fails with object.not_found for a message that is not there, else with object.conflict. */
export const commentOnVerdict = operation({
  name: "message.comment_on_verdict",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found", "object.conflict"],
  check({ messageId, notes = "" }: { readonly messageId: string; readonly notes?: string }): MessageRef {
    if (notes.length > MAX_VERDICT_NOTE_LENGTH)
      throw invalid(
        ["notes"],
        says`${field("notes")} may have ${MAX_VERDICT_NOTE_LENGTH} characters at most`,
      );
    return { messageId };
  },
  run: refuse,
});

/** As commentOnVerdict. */
export const releaseHeldMessage = operation({
  name: "message.release",
  needs: ["agent_armor_release", "message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found", "object.conflict"],
  check({ messageId, reason }: { readonly messageId: string; readonly reason: string }): MessageRef {
    if (reason.trim() === "" || reason.length > MAX_VERDICT_NOTE_LENGTH)
      throw invalid(
        ["reason"],
        says`${field("reason")} must have 1 to ${MAX_VERDICT_NOTE_LENGTH} characters, and not be blank`,
      );
    return { messageId };
  },
  run: refuse,
});
