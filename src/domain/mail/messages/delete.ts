import { operation } from "../../door/operation.ts";
import { sweepJob } from "../blobs/index.ts";
import { lockThreads, recomputeThreads } from "../thread-state/index.ts";
import { deleteMessageRows } from "./delete-store.ts";
import { requireMessageHead } from "./get.ts";
import type { MessageRef } from "./message.ts";

/** Deletes a message permanently; a thread is deleted with its last message. */
export const deleteMessage = operation({
  name: "message.delete",
  needs: ["message_delete"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, ref: MessageRef): Promise<void> {
    const { tx, scope, now } = context;
    const message = await requireMessageHead(context, ref);
    context.target(message.messageId);
    const threads = [{ podId: message.podId, id: message.threadId }];
    await lockThreads(tx, scope, threads);
    await deleteMessageRows(tx, scope, message.podId, [message.id]);
    await recomputeThreads(tx, scope, message.podId, [message.threadId], now);
    context.enqueue(sweepJob(message.podId));
  },
});
