import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkRecipients } from "../../guardrails/lists/index.ts";
import type { Delivery } from "./delivery.ts";
import { type NamedDelivery, requireDelivery, requireDeliveryId } from "./get.ts";
import { makeDue, requeue } from "./list-store.ts";

const sendAgain = "Send the message again to have it go out once more.";

/** Why a delivery in this state cannot be tried now, and what to do; what is not here can be. */
const refusals: Partial<
  Readonly<Record<Delivery["state"], { readonly message: string; readonly hint: string }>>
> = {
  sending: { message: "An attempt is under way", hint: "Try again when it has ended." },
  sent: { message: "It was sent already", hint: sendAgain },
  complained: {
    message: "It was sent already, and complained of",
    hint: "Its recipient is suppressed: delete the suppression before anything is sent there.",
  },
  delivered: { message: "It was delivered already", hint: sendAgain },
  captured: { message: "It was captured, which is final", hint: sendAgain },
};

/**
 * Has what waits be tried at once, and what bounced or failed be tried anew, for the recipients that did: a send once more, so whom lists or
 * suppressions keep from mail meanwhile is not written to.
 */
export const retryDelivery = operation({
  name: "delivery.retry",
  needs: ["message_send"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "object.conflict", "message.rejected"],
  check: (input: NamedDelivery) => requireDeliveryId(input),
  async run(context, id): Promise<Delivery> {
    const { tx, scope, now } = context;
    context.target(id);
    const found = await requireDelivery(context, id);
    const refusal = refusals[found.state];
    if (refusal !== undefined) throw fail("object.conflict", refusal);
    const { podId, inboxId } = found;
    const isWaiting = found.state === "queued" || found.state === "deferred";
    if (!isWaiting)
      await checkRecipients(
        { tx, scope, inbox: { id: inboxId, podId } },
        found.recipients.filter(({ state }) => state !== "sent").map(({ address }) => address),
      );
    const isDone = isWaiting ? await makeDue(tx, scope, podId, id) : await requeue(tx, scope, podId, id, now);
    if (!isDone)
      throw fail("object.conflict", {
        message: "It cannot be tried again",
        hint: "Its message was deleted, its recipient would be here, or an attempt has just begun.",
      });
    for (const kind of ["copies", "outbound"] as const)
      tx.beforeCommit(tx.notify(DUE_CHANNEL, dueNotice(kind, podId)));
    return requireDelivery(context, id);
  },
});
