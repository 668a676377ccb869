import { operation } from "../../door/operation.ts";
import { sweepJob } from "../blobs/index.ts";
import { lockThreads } from "../thread-state/index.ts";
import { noThread, requireThread } from "./get.ts";
import { deleteThreadRow } from "./store.ts";
import { lockMessages, relabel } from "./update.ts";

export interface DeleteThread {
  readonly threadId: string;
  /** It is moved to the trash, unless all of it is there already. */
  readonly keeps?: boolean;
}

/**
 * Deletes a thread permanently, with all its messages. Who says that it is to be kept, as older clients do, finds it in the trash:
 * mail that is hidden for longer than was meant is there, what was deleted against its owner's word is not.
 */
export const deleteThread = operation({
  name: "thread.delete",
  needs: ["message_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "thread.too_long"],
  async run(context, { threadId, keeps = false }: DeleteThread): Promise<void> {
    const thread = await requireThread(context, threadId);
    context.target(thread.id);
    // Its inbox may have been moved to another pod meanwhile.
    const [locked] = await lockThreads(context.tx, context.scope, [thread]);
    if (locked === undefined) throw noThread();
    if (keeps) {
      const rows = await lockMessages(context, thread);
      if (!rows.every(({ labels }) => labels.includes("trash")))
        return relabel(context, thread, rows, { addLabels: ["trash"], removeLabels: [] });
    }
    await deleteThreadRow(context.tx, context.scope, thread);
    context.enqueue(sweepJob(thread.podId));
  },
});
