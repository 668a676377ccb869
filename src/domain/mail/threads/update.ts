import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import {
  changedLabels,
  checkLabelChange,
  type LabelChange,
  type LabelRow,
  lockLabels,
  mayRead,
  saveLabels,
} from "../labels/index.ts";
import { lockThreads, recomputeThreads } from "../thread-state/index.ts";
import { noThread, requireThread } from "./get.ts";
import { MAX_THREAD_UPDATE_MESSAGES } from "./limits.ts";
import { findThreadHead } from "./store.ts";
import type { ThreadHead } from "./thread.ts";

/** Adds and removes labels of every message of a thread; a thread of 100 messages or more is refused (contract 9.4). */
export const updateThread = operation({
  name: "thread.update",
  needs: ["message_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "thread.too_long"],
  check: (input: LabelChange & { readonly threadId: string }) => ({
    threadId: input.threadId,
    change: checkLabelChange(input),
  }),
  async run(context, { threadId, change }): Promise<{ threadId: string; labels: readonly string[] }> {
    const { tx, scope } = context;
    const thread = await requireThread(context, threadId);
    context.target(thread.id);
    await lockThreads(tx, scope, [thread]);
    await relabel(context, thread, await lockMessages(context, thread), change);
    const labels = (await findThreadHead(tx, scope, thread.id))?.labels ?? [];
    return { threadId: thread.id, labels };
  },
});

/** Its messages, locked. @throws Failure object.not_found when the key may not see one of them, thread.too_long */
export async function lockMessages(
  { tx, scope, actor }: Context,
  { id, podId }: ThreadHead,
): Promise<readonly LabelRow[]> {
  const rows = await lockLabels(tx, scope, { podId, threadId: id }, MAX_THREAD_UPDATE_MESSAGES);
  if (!rows.every((row) => mayRead(actor, row.labels))) throw noThread();
  if (rows.length >= MAX_THREAD_UPDATE_MESSAGES)
    throw fail("thread.too_long", {
      message: `A thread of ${MAX_THREAD_UPDATE_MESSAGES} messages or more cannot be changed as a whole`,
      hint: "Change its messages with batch-update.",
    });
  return rows;
}

/** @param rows all messages of the thread */
export async function relabel(
  { tx, scope, now }: Context,
  { id, podId }: ThreadHead,
  rows: readonly LabelRow[],
  change: LabelChange,
): Promise<void> {
  const changed = rows.map((row) => ({ ...row, labels: changedLabels(row.labels, change) }));
  await saveLabels(tx, scope, podId, changed, now);
  await recomputeThreads(tx, scope, podId, [id], now);
}
