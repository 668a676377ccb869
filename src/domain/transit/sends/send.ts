import { operation } from "../../door/operation.ts";
import { repeatable, withIdempotencyKey } from "./idempotency.ts";
import { checkOutgoing, type Outgoing, requireRecipients } from "./outgoing.ts";
import { newThread, type Sent, submit } from "./submit.ts";

/** Sends a new message from the inbox. Accepted when it returns: stored and queued for delivery. */
export const sendMessage = operation({
  name: "message.send",
  needs: ["message_send"],
  on: "inbox",
  kind: "write",
  fails: [
    "sending.paused",
    "rule.blocked",
    "guardrails.unavailable",
    "message.rejected",
    "idempotency.conflict",
  ],
  check(input: Outgoing) {
    const outgoing = checkOutgoing(input);
    requireRecipients(outgoing);
    return { outgoing, request: repeatable("send", input) };
  },
  run: (context, { outgoing, request }): Promise<Sent> =>
    withIdempotencyKey(context, request, () => submit(context, outgoing, newThread)),
});
