import { operation } from "../../door/operation.ts";
import { requireUnpaused } from "../../door/paused.ts";
import { suspended } from "../../door/suspended.ts";
import { requireOwnAddresses } from "./own-address.ts";

export interface Entering {
  /** Of the mail that is to come (RFC 5321 section 3.3); null: none yet, the client only signs in. */
  readonly reversePath: string | null;
}

/** Asks whether the caller may submit mail from the inbox, before there is any: at sign-in, and at the start of each mail. */
export const enterSubmission = operation({
  name: "message.enter_submission",
  needs: ["message_send"],
  on: "inbox",
  kind: "read",
  fails: ["sending.paused"],
  shares: () => ({ rows: 1, bytes: 0 }),
  async run(context, { reversePath }: Entering): Promise<{ readonly recipientsPerMessage: number }> {
    const { tx, scope, inbox, limitsInForce } = context;
    if (inbox.isSuspended) throw suspended();
    if (reversePath !== null) {
      await requireOwnAddresses(context, [["The reverse-path", reversePath]]);
      requireUnpaused(inbox);
    }
    const { recipientsPerMessage } = await limitsInForce.of(tx, scope, inbox);
    return { recipientsPerMessage };
  },
});
