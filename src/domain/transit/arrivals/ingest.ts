/** Stores a group of arrivals in one transaction: duplicates recognised, threads joined, events and jobs written. */
import type { Tx } from "../../../storage/db.ts";
import { type InboxTarget, insertEvents, type SystemScope } from "../../door/access/index.ts";
import type { NewEvent } from "../../door/events.ts";
import { fail } from "../../door/failures.ts";
import { judgeSenders, type SenderTo } from "../../guardrails/lists/index.ts";
import { insertMessages, type NewMessage } from "../../mail/messages/index.ts";
import {
  joinThread,
  lockThreads,
  type Member,
  saveThreads,
  startThread,
  type ThreadState,
} from "../../mail/thread-state/index.ts";
import type { Arrival } from "./arrival.ts";
import { findThreaded, lockInboxes, type MessageKey } from "./store.ts";
import { type Ancestor, ancestorOf, threadKey, timestampAfter } from "./threading.ts";

export interface IngestParts {
  readonly newId: () => string;
  readonly now: Date;
}

/** One copy: a mail in one of its inboxes. */
interface Copy {
  readonly arrival: Arrival;
  readonly inbox: InboxTarget;
}

/** A copy with its thread. */
interface ThreadedCopy extends Copy {
  readonly threadId: string;
  readonly timestamp: Date;
}

/** Labels of mail that arrives and passes every check (contract 9.4). */
const RECEIVED_LABELS = ["received", "unread"] as const;
/** Of mail that a list refuses: kept, hidden, and with an event type of its own (contract 9.5). */
const BLOCKED_LABELS = [...RECEIVED_LABELS, "blocked"] as const;

/**
 * @returns ids of those inboxes that still exist
 * @throws Failure inbox.not_found when none of the inboxes of one mail is left
 */
export async function ingest(
  tx: Tx,
  scope: SystemScope,
  arrivals: readonly Arrival[],
  parts: IngestParts,
): Promise<ReadonlySet<string>> {
  const all = arrivals.flatMap((arrival) =>
    arrival.mail.recipients.map(({ inbox }): Copy => ({ arrival, inbox })),
  );
  // The second runs when the first has its locks, and so sees what those before it wrote.
  const [living, known, verdictOn] = await Promise.all([
    lockInboxes(
      tx,
      scope,
      all.map(({ inbox }) => ({ podId: inbox.podId, inboxId: inbox.id })),
    ),
    knownMessages(tx, scope, all),
    judgeSenders(tx, scope, all.map(senderOf)),
  ]);
  const copies = livingCopies(all, living);
  const { assigned, joined } = assignThreads(copies, known, parts.newId);
  const locked = await lockThreads(tx, scope, [...joined.values()]);
  const threads = new Map(locked.map((thread) => [thread.id, thread]));
  const messages = assigned.map((copy) => {
    const isRefused = verdictOn(senderOf(copy), directionOf(copy, known)) !== null;
    const message = arrivedMessage(copy, isRefused ? BLOCKED_LABELS : RECEIVED_LABELS, parts);
    threads.set(message.threadId, threadWith(threads.get(message.threadId), message, parts.now));
    return message;
  });
  const events = messages.map((message) => receivedEvent(message, parts));
  tx.beforeCommit(
    saveThreads(tx, scope, [...threads.values()].sort(byThreadKey)),
    insertMessages(tx, scope, messages, parts.now),
    insertEvents(tx, scope, events),
  );
  return living;
}

const senderOf = ({ arrival, inbox }: Copy): SenderTo => ({ inbox, sender: arrival.sender });

/** Which lists are asked: those of replies about mail that answers what the inbox sent. */
function directionOf({ arrival, inbox }: Copy, known: ReadonlyMap<string, Ancestor>): "receive" | "reply" {
  const answered = arrival.inReplyTo === null ? undefined : known.get(threadKey(inbox.id, arrival.inReplyTo));
  return answered?.isOurs === true ? "reply" : "receive";
}

const byThreadKey = (a: ThreadState, b: ThreadState): number => (a.podId + a.id < b.podId + b.id ? -1 : 1);

function livingCopies(copies: readonly Copy[], living: ReadonlySet<string>): Copy[] {
  for (const { mail } of new Set(copies.map(({ arrival }) => arrival)))
    if (!mail.recipients.some(({ inbox }) => living.has(inbox.id)))
      throw fail("inbox.not_found", {
        message: "Inbox not found",
        logDetail: "deleted between RCPT and the end of DATA",
      });
  return copies.filter(({ inbox }) => living.has(inbox.id));
}

async function knownMessages(
  tx: Tx,
  scope: SystemScope,
  copies: readonly Copy[],
): Promise<Map<string, Ancestor>> {
  const keys = copies.flatMap(({ arrival, inbox }): MessageKey[] =>
    [arrival.messageId, ...arrival.ancestors].map((messageId) => ({
      podId: inbox.podId,
      inboxId: inbox.id,
      messageId,
    })),
  );
  const found = await findThreaded(tx, scope, keys);
  return new Map(found.map((row) => [threadKey(row.inboxId, row.messageId), row]));
}

/** Gives each new copy a thread. A copy whose Message-ID the inbox holds, or that came twice in the group, is left out. */
function assignThreads(
  copies: readonly Copy[],
  known: Map<string, Ancestor>,
  newId: () => string,
): { assigned: ThreadedCopy[]; joined: Map<string, { podId: string; id: string }> } {
  const assigned: ThreadedCopy[] = [];
  const joined = new Map<string, { podId: string; id: string }>();
  for (const copy of copies) {
    const own = threadKey(copy.inbox.id, copy.arrival.messageId);
    if (known.has(own)) continue;
    const ancestor = ancestorOf(copy.arrival.ancestors, copy.inbox.id, known);
    const threadId = ancestor?.threadId ?? newId();
    const timestamp = timestampAfter(ancestor, copy.arrival.timestamp);
    if (ancestor !== null) joined.set(threadId, { podId: copy.inbox.podId, id: threadId });
    known.set(own, { threadId, timestamp, isOurs: false });
    assigned.push({ ...copy, threadId, timestamp });
  }
  return { assigned, joined };
}

function arrivedMessage(
  { arrival, inbox, threadId, timestamp }: ThreadedCopy,
  labels: readonly string[],
  { newId, now }: IngestParts,
): NewMessage {
  return {
    id: newId(),
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    threadId,
    messageId: arrival.messageId,
    direction: "inbound",
    labels,
    timestamp,
    from: arrival.from,
    replyTo: arrival.replyTo,
    to: arrival.to,
    cc: arrival.cc,
    bcc: [],
    subject: arrival.subject,
    preview: arrival.preview,
    text: arrival.text,
    html: arrival.html,
    extractedText: arrival.extractedText,
    extractedHtml: arrival.extractedHtml,
    inReplyTo: arrival.inReplyTo,
    references: arrival.references,
    headers: arrival.headers,
    size: arrival.raw.byteLength,
    raw: arrival.raw,
    rawSha256: arrival.rawSha256,
    attachments: arrival.attachments.map((attachment) => ({
      id: newId(),
      filename: attachment.filename,
      contentType: attachment.contentType,
      contentDisposition: attachment.disposition,
      contentId: attachment.contentId,
      sha256: attachment.sha256,
      content: attachment.content,
    })),
    createdAt: now,
    updatedAt: now,
  };
}

function threadWith(thread: ThreadState | undefined, message: NewMessage, now: Date): ThreadState {
  const member: Member = { ...message, recipients: [...message.to, ...message.cc] };
  return thread === undefined ? startThread(message.threadId, member, now) : joinThread(thread, member, now);
}

function receivedEvent(message: NewMessage, { newId, now }: IngestParts): NewEvent {
  return {
    id: newId(),
    type: message.labels.includes("blocked") ? "message.received.blocked" : "message.received",
    organizationId: message.organizationId,
    podId: message.podId,
    inboxId: message.inboxId,
    messageUuid: message.id,
    data: {},
    at: now,
  };
}
