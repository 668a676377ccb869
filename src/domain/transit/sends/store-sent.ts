/** The end of every send: message, thread, deliveries, counts, event and notices, in the transaction of the operation. */
import type { InboxContext } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { checkSize, countSend } from "../../guardrails/policies/index.ts";
import { insertMessages, type NewMessage, noMessage } from "../../mail/messages/index.ts";
import { joinThread, lockThreads, saveThreads, startThread } from "../../mail/thread-state/index.ts";
import { insertOutboundDeliveries } from "../copies/index.ts";
import type { AdmittedSend } from "./admit.ts";
import { checkThreadPace } from "./thread-pace.ts";
import { noticesOf } from "./ways.ts";

/** What every send gives. */
export interface Sent {
  readonly messageId: string;
  readonly threadId: string;
}

/**
 * @param startsThread whether the message's thread is new
 * @throws Failure message.too_large, limit.reached, storage.reached; object.not_found when its thread was deleted meanwhile
 */
export async function storeSent(
  context: InboxContext,
  { recipients, limits, ways, returnPath, ruled }: AdmittedSend,
  message: NewMessage,
  { startsThread }: { readonly startsThread: boolean },
): Promise<Sent> {
  const { tx, scope, inbox, now, newId } = context;
  const { id, messageId, threadId } = message;
  checkSize(limits, message.size);
  await (startsThread ? beginThread(context, message) : extendThread(context, message));
  await Promise.all([
    insertMessages(tx, scope, [[message]], new Set(startsThread ? [id] : []), now),
    insertOutboundDeliveries(tx, scope, message, { ...ways, returnPath }, newId, now),
    // Last: it refuses what would exceed a limit, and holds the inbox's counts until the commit.
    countSend(context, limits, { id, bytes: message.size, recipients }),
  ]);
  ruled.leaveTrail(id);
  context.target(messageId);
  context.emit({
    type: "message.sent",
    podId: inbox.podId,
    inboxId: inbox.id,
    messageUuid: id,
    data: { recipients, labels: message.labels },
  });
  tx.beforeCommit(...noticesOf(ways).map((kind) => tx.notify(DUE_CHANNEL, dueNotice(kind, inbox.podId))));
  return { messageId, threadId };
}

const memberOf = (message: NewMessage) => ({
  ...message,
  recipients: [...message.to, ...message.cc, ...message.bcc],
});

const beginThread = ({ tx, scope, now }: InboxContext, message: NewMessage): Promise<void> =>
  saveThreads(tx, scope, [startThread(message.threadId, memberOf(message), now)]);

async function extendThread(context: InboxContext, message: NewMessage): Promise<void> {
  const { tx, scope, now } = context;
  const [[thread]] = await Promise.all([
    lockThreads(tx, scope, [{ podId: message.podId, id: message.threadId }]),
    checkThreadPace(context, message),
  ]);
  // What it answers went with it; and of two that started it anew at once, one would not be counted.
  if (thread === undefined) throw noMessage();
  return saveThreads(tx, scope, [joinThread(thread, memberOf(message), now)]);
}
