import type { InboxContext } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import {
  changedLabels,
  checkLabelChange,
  type LabelChange,
  lockLabels,
  mayRead,
  saveLabels,
} from "../labels/index.ts";
import { lockThreads, recomputeThreads } from "../thread-state/index.ts";
import { type Batch, checkIds } from "./batch-get.ts";
import { findNamed, noMessage, requireMessageHead } from "./get.ts";
import { MAX_BATCH_UPDATE } from "./limits.ts";
import { type Message, type MessageRef, messageRefOf } from "./message.ts";

export interface Labelled {
  readonly messageId: string;
  readonly labels: readonly string[];
}

/**
 * Changes the labels of messages of one inbox, and their threads' with them. Threads are locked before messages, as
 * when mail arrives; those that were deleted or hidden from the key meanwhile are left out.
 */
async function relabel(
  { tx, scope, now, actor, inbox }: InboxContext,
  messages: readonly Message[],
  change: LabelChange,
): Promise<Labelled[]> {
  const threads = messages.map(({ podId, threadId }) => ({ podId, id: threadId }));
  await lockThreads(tx, scope, threads);
  const key = { podId: inbox.podId, ids: messages.map(({ id }) => id) };
  const locked = await lockLabels(tx, scope, key, messages.length);
  const changed = locked
    .filter((row) => mayRead(actor, row.labels))
    .map((row) => ({ ...row, labels: changedLabels(row.labels, change) }));
  await saveLabels(tx, scope, inbox.podId, changed, now);
  await recomputeThreads(
    tx,
    scope,
    inbox.podId,
    threads.map(({ id }) => id),
    now,
  );
  return changed.map(({ messageId, labels }) => ({ messageId, labels }));
}

/** Adds and removes labels of one message. */
export const updateMessage = operation({
  name: "message.update",
  needs: ["message_update"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found"],
  check: (input: LabelChange & MessageRef) => ({ ref: messageRefOf(input), change: checkLabelChange(input) }),
  async run(context, { ref, change }): Promise<Labelled> {
    const message = await requireMessageHead(context, ref);
    context.target(message.messageId);
    const [changed] = await relabel(context, [message], change);
    if (changed === undefined) throw noMessage();
    return changed;
  },
});

/** The same for several messages at once, in the order of the request: all that are there, or none. */
export const batchUpdateMessages = operation({
  name: "message.batch_update",
  needs: ["message_update"],
  on: "inbox",
  kind: "write",
  check(input: LabelChange & { readonly messageIds: readonly string[] }) {
    const { messageIds } = input;
    checkIds(messageIds, MAX_BATCH_UPDATE);
    return { messageIds, change: checkLabelChange(input) };
  },
  async run(context, { messageIds, change }): Promise<Batch<Labelled>> {
    const found = await findNamed(context, messageIds);
    const labelled = await relabel(context, found, change);
    context.changed(labelled.map(({ messageId }) => ({ target: messageId })));
    const changed = new Map(labelled.map((message) => [message.messageId, message]));
    return {
      asked: messageIds.length,
      items: found.flatMap(({ messageId }) => changed.get(messageId) ?? []),
    };
  },
});
