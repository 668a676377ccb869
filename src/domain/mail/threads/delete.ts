import { operation } from "../../door/operation.ts";
import { sweepJob } from "../blobs/index.ts";
import { lockThreads } from "../thread-state/index.ts";
import { noThread, requireThread } from "./get.ts";
import { deleteThreadRow } from "./store.ts";

/** Deletes a thread permanently, with all its messages. */
export const deleteThread = operation({
  name: "thread.delete",
  needs: ["message_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, input: { readonly threadId: string }): Promise<void> {
    const thread = await requireThread(context, input.threadId);
    context.target(thread.id);
    // Its inbox may have been moved to another pod meanwhile.
    const [locked] = await lockThreads(context.tx, context.scope, [thread]);
    if (locked === undefined) throw noThread();
    await deleteThreadRow(context.tx, context.scope, thread);
    context.enqueue(sweepJob(thread.podId));
  },
});
