import { operation } from "../../door/operation.ts";
import { repeatable, withIdempotencyKey } from "./idempotency.ts";
import { checkOutgoing, type Outgoing, requireRecipients, shareOf } from "./outgoing.ts";
import type { Sent } from "./store-sent.ts";
import { newThread, submit, submitFailures } from "./submit.ts";

/** Sends a new message from the inbox. Accepted when it returns: stored and queued for delivery. */
export const sendMessage = operation({
  name: "message.send",
  needs: ["message_send"],
  on: "inbox",
  kind: "write",
  fails: submitFailures,
  shares: shareOf,
  check(input: Outgoing) {
    const outgoing = checkOutgoing(input);
    requireRecipients(outgoing);
    return { outgoing, request: repeatable("send", input) };
  },
  run: (context, { outgoing, request }): Promise<Sent> =>
    withIdempotencyKey(context, request, () => submit(context, outgoing, newThread)),
});
