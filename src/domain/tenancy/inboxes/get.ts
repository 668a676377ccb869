import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Inbox } from "./inbox.ts";
import { findInbox } from "./store.ts";

/** One inbox, named by the target. */
export const getInbox = operation({
  name: "inbox.get",
  needs: ["inbox_read"],
  on: "inbox",
  kind: "read",
  runsWhileMoving: true,
  async run({ tx, scope, inbox }): Promise<Inbox> {
    const found = await findInbox(tx, scope, inbox.id);
    if (found === null) throw fail("inbox.not_found", { message: "Inbox not found" });
    return found;
  },
});
