import { operation } from "../../door/operation.ts";
import { changeInbox } from "./change.ts";
import type { Inbox } from "./inbox.ts";

/**
 * Pauses an inbox: from the next request and the next RCPT on, in every process, it neither sends nor receives. Its mail and keys
 * stay, and can be read. Again it changes nothing.
 */
export const pauseInbox = operation({
  name: "inbox.pause",
  needs: ["inbox_update"],
  on: "inbox",
  kind: "write",
  run: (context): Promise<Inbox> => changeInbox(context, { paused: true }),
});

/** Ends its pause, unless a wider key began it. The pod or the organization may be paused besides. Again it changes nothing. */
export const resumeInbox = operation({
  name: "inbox.resume",
  needs: ["inbox_update"],
  on: "inbox",
  kind: "write",
  run: (context): Promise<Inbox> => changeInbox(context, { paused: false }),
});
