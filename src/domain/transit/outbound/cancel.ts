import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Delivery } from "./delivery.ts";
import { type NamedDelivery, requireDelivery, requireDeliveryId } from "./get.ts";
import { cancel } from "./list-store.ts";

const CANCELLED = "cancelled before it was sent";

/** Ends a delivery that waits. Recipients who have it already keep it. */
export const cancelDelivery = operation({
  name: "delivery.cancel",
  needs: ["message_send"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "object.conflict"],
  check: (input: NamedDelivery) => requireDeliveryId(input),
  async run(context, id): Promise<Delivery> {
    const { tx, scope, now } = context;
    context.target(id);
    const found = await requireDelivery(context, id);
    const { podId, inboxId, messageUuid, messageId } = found;
    if ((await cancel(tx, scope, podId, id, now, CANCELLED)) === null)
      throw fail("object.conflict", {
        message: found.state === "sending" ? "An attempt is under way" : `It is ${found.state} already`,
        hint:
          found.state === "sending"
            ? "Try again when it has ended."
            : "Only what is queued or deferred can be cancelled.",
      });
    if (messageId !== null)
      context.emit({
        type: "message.rejected",
        podId,
        inboxId,
        messageUuid,
        data: { reason: CANCELLED, recipients: found.recipients.map(({ address }) => address) },
      });
    return requireDelivery(context, id);
  },
});
