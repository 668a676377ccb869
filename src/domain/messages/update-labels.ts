import type { InboxTarget } from "../access/index.ts";
import { MAX_BATCH_UPDATE } from "../limits.ts";
import { type Context, operation } from "../operation.ts";
import { lockThreads, recomputeThreads } from "../thread-state/index.ts";
import { checkIds } from "./batch-get.ts";
import { requireMessage } from "./get.ts";
import { setLabels } from "./label-store.ts";
import { changedLabels, checkLabelChange, type LabelChange } from "./labels.ts";
import type { FullMessage } from "./message.ts";
import { findMessagesByIds } from "./read-store.ts";
import { mayRead } from "./visibility.ts";

export interface Labelled {
  readonly messageId: string;
  readonly labels: readonly string[];
}

async function relabel(
  context: Context,
  messages: readonly FullMessage[],
  change: LabelChange,
): Promise<Labelled[]> {
  const { tx, scope, now } = context;
  const threads = messages.map(({ podId, threadId }) => ({ podId, id: threadId }));
  await lockThreads(tx, scope, threads);
  const changed: Labelled[] = [];
  for (const message of messages) {
    const labels = changedLabels(message.labels, change);
    await setLabels(tx, scope, message.podId, message.id, labels, now);
    changed.push({ messageId: message.messageId, labels });
  }
  await recomputeThreads(tx, scope, threads, now);
  return changed;
}

/** Adds and removes labels of one message. */
export const updateMessage = operation({
  name: "message.update",
  needs: "message_update",
  on: "inbox",
  kind: "write",
  async run(context, input: LabelChange & { readonly messageId: string }): Promise<Labelled> {
    const change = checkLabelChange(input);
    const message = await requireMessage(context, input.messageId);
    context.target(message.messageId);
    const [changed] = await relabel(context, [message], change);
    return changed ?? { messageId: message.messageId, labels: message.labels };
  },
});

/** The same for several messages at once: all that are there, or none. */
export const batchUpdateMessages = operation({
  name: "message.batch_update",
  needs: "message_update",
  on: "inbox",
  kind: "write",
  async run(context, input: LabelChange & { readonly messageIds: readonly string[] }): Promise<Labelled[]> {
    checkIds(input.messageIds, MAX_BATCH_UPDATE);
    const change = checkLabelChange(input);
    return relabel(context, await visibleOf(context, input.messageIds), change);
  },
});

async function visibleOf(
  { tx, scope, inbox, actor }: Context & { readonly inbox: InboxTarget },
  ids: readonly string[],
): Promise<FullMessage[]> {
  const found = await findMessagesByIds(tx, scope, inbox, ids);
  return found.filter((message) => mayRead(actor, message.labels));
}
