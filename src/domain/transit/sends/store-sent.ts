/** The end of every send: message, thread, deliveries, counts, event and notices, in the transaction of the operation. */
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { checkSize, countSend } from "../../guardrails/policies/index.ts";
import { insertMessages, type NewMessage, noMessage } from "../../mail/messages/index.ts";
import {
  joinThread,
  lockFreeThreads,
  lockThreads,
  saveThreads,
  startThread,
  type ThreadKey,
  type ThreadState,
} from "../../mail/thread-state/index.ts";
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
 * What may refuse the send comes first, for all that share its transaction; then all that is written.
 * @param startsThread whether the message's thread is new
 * @throws Failure message.too_large, limit.reached, storage.reached; object.not_found when its thread was deleted meanwhile
 */
export async function storeSent(
  context: InboxContext,
  admitted: AdmittedSend,
  message: NewMessage,
  { startsThread }: { readonly startsThread: boolean },
): Promise<Sent> {
  const { sharing, inbox } = context;
  const { recipients, limits } = admitted;
  const { id, messageId, threadId } = message;
  checkSize(limits, message.size);
  await sharing.inStep();
  const thread = await (startsThread ? beginThread(context, message) : extendThread(context, message));
  // Behind the threads' locks for all, so that no two wait for each other.
  await sharing.inStep();
  // Last: it refuses what would exceed a limit, and holds the inbox's counts until the commit.
  await countSend(context, limits, { bytes: message.size, recipients });
  await sharing.settled();
  write(context, admitted, { message, thread, startsThread });
  context.target(messageId);
  context.emit({
    type: "message.sent",
    podId: inbox.podId,
    inboxId: inbox.id,
    messageUuid: id,
    data: { recipients, labels: message.labels },
  });
  return { messageId, threadId };
}

interface Stored {
  readonly message: NewMessage;
  /** As it is with the message. */
  readonly thread: ThreadState;
  readonly startsThread: boolean;
}

function write(
  { tx, scope, inbox, now, newId }: InboxContext,
  { ways, returnPath, ruled, countUnverified }: AdmittedSend,
  { message, thread, startsThread }: Stored,
): void {
  tx.beforeCommit(
    tx.writeTogether(saveThreads, scope, thread),
    tx.writeTogether(writeMessages, scope, { message, startsThread, now }),
    tx.writeTogether(insertOutboundDeliveries, scope, { message, ways: { ...ways, returnPath }, newId, now }),
    ...noticesOf(ways).map((kind) => tx.writeTogether(notify, scope, dueNotice(kind, inbox.podId))),
  );
  ruled.leaveTrail(message.id);
  countUnverified();
}

interface Dated extends Pick<Stored, "message" | "startsThread"> {
  readonly now: Date;
}

function writeMessages(tx: Tx, scope: Scope, dated: readonly Dated[]): Promise<void> {
  const messages = dated.map(({ message }) => message);
  const starting = dated.filter(({ startsThread }) => startsThread).map(({ message }) => message.id);
  // One statement: what shares a transaction is bounded by far less than a statement.
  return insertMessages(tx, scope, [messages], new Set(starting), dated[0]?.now ?? new Date(0));
}

const notify = (tx: Tx, _scope: Scope, notices: readonly string[]): Promise<unknown> =>
  Promise.all([...new Set(notices)].map((notice) => tx.notify(DUE_CHANNEL, notice)));

const memberOf = (message: NewMessage) => ({
  ...message,
  recipients: [...message.to, ...message.cc, ...message.bcc],
});

const beginThread = async ({ now }: InboxContext, message: NewMessage): Promise<ThreadState> =>
  startThread(message.threadId, memberOf(message), now);

async function extendThread(context: InboxContext, message: NewMessage): Promise<ThreadState> {
  const { now, sharing } = context;
  sharing.claim(`thread ${message.threadId}`);
  const [thread] = await Promise.all([
    lockThread(context, { podId: message.podId, id: message.threadId }),
    checkThreadPace(context, message),
  ]);
  // What it answers went with it; and of two that started it anew at once, one would not be counted.
  if (thread === undefined) throw noMessage();
  return joinThread(thread, memberOf(message), now);
}

/** Waits for it, unless others would wait as well. */
async function lockThread(
  { tx, scope, sharing }: InboxContext,
  key: ThreadKey,
): Promise<ThreadState | undefined> {
  if (!sharing.isShared) return (await lockThreads(tx, scope, [key]))[0];
  const thread = await tx.together(lockThreadsThatAreFree, scope, key);
  if (thread === "busy") return sharing.leave();
  return thread;
}

async function lockThreadsThatAreFree(
  tx: Tx,
  scope: Scope,
  keys: readonly ThreadKey[],
): Promise<readonly (ThreadState | "busy" | undefined)[]> {
  const { locked, busy } = await lockFreeThreads(tx, scope, keys);
  const byId = new Map(locked.map((thread) => [thread.id, thread]));
  return keys.map(({ id }) => byId.get(id) ?? (busy.has(id) ? "busy" : undefined));
}
