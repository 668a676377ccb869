import { operation } from "../../door/operation.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { deleteInboxRow } from "./store.ts";

/** Deletes an inbox with its mail and keys. Its address stops receiving in the same commit. */
export const deleteInbox = operation({
  name: "inbox.delete",
  needs: ["inbox_delete"],
  on: "inbox",
  kind: "write",
  isLong: true,
  async run(context): Promise<void> {
    const { tx, scope, inbox } = context;
    context.target(inbox.address);
    await deleteInboxRow(tx, scope, inbox.podId, inbox.id);
    context.enqueue(sweepJob(inbox.podId));
    // The inbox's keys go with it.
    context.keysChanged(null);
  },
});
