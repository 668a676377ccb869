import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { changeInbox, checkChange, type InboxChange } from "./change.ts";
import type { Inbox } from "./inbox.ts";

/** Changes what of the inbox is given, and nothing when nothing is. */
export const updateInbox = operation({
  name: "inbox.update",
  needs: ["inbox_update"],
  on: "inbox",
  kind: "write",
  check(input: InboxChange): InboxChange {
    const { metadata } = input;
    if (metadata !== undefined && metadata !== null && Object.keys(metadata).length === 0)
      throw invalid(["metadata"], says`${field("metadata")} must not be empty`, "Send null to clear it.");
    return checkChange(input);
  },
  run: (context, input): Promise<Inbox> => changeInbox(context, input),
});
