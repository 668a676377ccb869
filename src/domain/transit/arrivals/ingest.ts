/**
 * Stores a group of arrivals in one transaction: duplicates recognised, threads joined, events and jobs written. A group waits
 * for no row that somebody else has locked: it leaves out the mail that needs it. Of mail sent by this server it settles the
 * copies that it stores.
 */
import type { Memory } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import type { NewEvent } from "../../door/events.ts";
import { fail } from "../../door/failures.ts";
import { insertEventsAndEvaluations } from "../../guardrails/evaluations/index.ts";
import { judgeSenders, type SenderTo } from "../../guardrails/lists/index.ts";
import { countArrivals, type LimitedInbox } from "../../guardrails/policies/index.ts";
import { labelsAfter } from "../../guardrails/rules/index.ts";
import { insertMessages, messagesByStatement, type NewMessage } from "../../mail/messages/index.ts";
import {
  joinThread,
  lockFreeThreads,
  lockThreads,
  type Member,
  saveThreads,
  startThread,
  type ThreadKey,
  type ThreadState,
} from "../../mail/thread-state/index.ts";
import { type SentCopies, settleDelivered } from "../copies/index.ts";
import type { Arrival } from "./arrival.ts";
import { arrivalLabels } from "./arrival-labels.ts";
import { withinCaps } from "./caps.ts";
import { type KnownMessage, KnownMessages } from "./known-messages.ts";
import { noRefusals, type Refusals, refusalsTogether } from "./refusals.ts";
import { askedOf, type RuledCopy, rulingsOn, sift, trailOf } from "./rulings.ts";
import { findConversations, findKnown, type InboxKey, lockFreeInboxes, lockInboxes } from "./store.ts";
import { type Ancestor, timestampAfter } from "./threading.ts";

export interface IngestParts {
  readonly newId: () => string;
  readonly now: Date;
  /** Host name in ids made here. */
  readonly mailHost: string;
  /** Where compiled rules are remembered. */
  readonly memory: Memory;
}

/** One copy: a mail in one of its inboxes. */
interface Copy extends LimitedInbox, RuledCopy {}

/** A copy with its ids and its thread. */
interface ThreadedCopy extends Copy {
  readonly id: string;
  readonly messageId: string;
  readonly threadId: string;
  readonly timestamp: Date;
}

/**
 * What is done where somebody else holds the lock of an inbox or a thread. Locks that PostgreSQL takes of itself (of a pod, a
 * webhook endpoint, the same bytes) are always waited for. @throws isLockTimeout after what the transaction may wait for one
 */
export type OnLocked = "leave out" | "wait";

export interface Ingested {
  /** Ids of inboxes of the group that still exist. */
  readonly living: ReadonlySet<string>;
  /** Inboxes that refuse the mail. */
  readonly refused: Refusals;
}

/**
 * @returns what became of each arrival; null for one that was left out, no copy of it stored
 * @throws RulesFailed, and Failure inbox.not_found when none of the inboxes of one mail is left, unless this server sent it
 */
export async function ingest(
  tx: Tx,
  scope: SystemScope,
  arrivals: readonly Arrival[],
  onLocked: OnLocked,
  parts: IngestParts,
): Promise<readonly (Ingested | null)[]> {
  const all = arrivals.flatMap((arrival) =>
    arrival.mail.recipients.map(({ inbox, limits, atRcpt }): Copy => ({ arrival, inbox, limits, atRcpt })),
  );
  const keys = all.map(({ inbox }): InboxKey => ({ podId: inbox.podId, inboxId: inbox.id }));
  // Those after the locks run when they are held, and so see what others wrote before.
  const [{ locked: living, busy, moved }, known, verdictOn, rulingOn, counts] = await Promise.all([
    (onLocked === "wait" ? lockInboxes : lockFreeInboxes)(tx, scope, keys),
    knownMessages(tx, scope, all),
    judgeSenders(tx, scope, all.flatMap(sendersOf)),
    rulingsOn(tx, scope, parts.memory, all),
    countArrivals(tx, scope, all, parts.now),
  ]);
  if (moved.size > 0 && arrivals.length === 1) throw inboxMoved();
  const notNow = ({ inbox }: Copy): boolean => busy.has(inbox.id) || moved.has(inbox.id);
  const locked = new Set(all.filter(notNow).map(({ arrival }) => arrival));
  const reached = livingCopies(
    all.filter(({ arrival }) => !locked.has(arrival)),
    living,
  );
  const ruled = sift(reached, rulingOn);
  const named = new KnownMessages(known);
  const { taken: copies, ...capped } = withinCaps(ruled.taken, counts, (copy) => !isHeld(copy, named));
  const refusals = refusalsTogether(ruled.refusals, capped.refusals);
  const stored = [...known, ...(await conversationsOf(tx, scope, copies, named))];
  const { assigned, remaining, threads } = await joinThreads(tx, scope, copies, stored, onLocked, parts);
  const labelsOf = (copy: Copy): readonly string[] => {
    const isListed = sendersOf(copy).some((one) => verdictOn(one, directionOf(copy, named)) !== null);
    const ruling = rulingOn(askedOf(copy));
    const labels = arrivalLabels(copy, isListed);
    return ruling === null ? labels : labelsAfter(labels, ruling.applied);
  };
  const events = await store(tx, scope, assigned, threads, labelsOf, parts);
  tx.beforeCommit(counts.save(tx, scope, assigned.map(counted)));
  const taken = new Set(remaining.map(({ arrival }) => arrival));
  const withCopies = new Set(copies.map(({ arrival }) => arrival));
  const isDone = (arrival: Arrival): boolean =>
    taken.has(arrival) || !(locked.has(arrival) || withCopies.has(arrival));
  const trail = trailOf(
    assigned,
    ruled.refused.filter(({ arrival }) => isDone(arrival)),
    rulingOn,
    parts,
  );
  const sent = [...taken].flatMap((arrival) => sentBy(arrival, refusals.get(arrival)));
  const settled = sent.length === 0 ? [] : await settleDelivered(tx, scope, sent, living, parts);
  tx.beforeCommit(insertEventsAndEvaluations(tx, scope, [...events, ...settled], trail));
  // One sent here none of whose inboxes is left, or takes it, is not tried again: its copies bounce.
  return arrivals.map((arrival) =>
    isDone(arrival) ? { living, refused: refusals.get(arrival) ?? noRefusals } : null,
  );
}

/** The copies of a mail sent here, without those for inboxes that refuse it: their outcome is another. */
function sentBy({ mail: { sent } }: Arrival, refused: Refusals = noRefusals): SentCopies[] {
  if (sent === undefined) return [];
  return [{ ...sent, copies: sent.copies.filter(({ inboxId }) => !refused.has(inboxId)) }];
}

/** Whether its inbox has the mail already. */
const isHeld = ({ arrival, inbox }: Copy, known: KnownMessages): boolean =>
  known.holds(inbox.id, arrival.sentMessageId, arrival.contentSha256);

const counted = ({ inbox, limits, arrival }: Copy) => ({ inbox, limits, bytes: arrival.raw.byteLength });

/** Writes messages and threads. @returns the events to write */
async function store(
  tx: Tx,
  scope: SystemScope,
  assigned: readonly ThreadedCopy[],
  locked: readonly ThreadState[],
  labelsOf: (copy: Copy) => readonly string[],
  parts: IngestParts,
): Promise<readonly NewEvent[]> {
  const threads = new Map(locked.map((thread) => [thread.id, thread]));
  const starting = new Set<string>();
  const messages = assigned.map((copy) => {
    const message = arrivedMessage(copy, labelsOf(copy), parts);
    if (!threads.has(message.threadId)) starting.add(message.id);
    threads.set(message.threadId, threadWith(threads.get(message.threadId), message, parts.now));
    return message;
  });
  tx.beforeCommit(saveThreads(tx, scope, [...threads.values()].sort(byThreadKey)));
  const statements = messagesByStatement(messages);
  const inserted = insertMessages(tx, scope, statements, starting, parts.now);
  tx.beforeCommit(inserted);
  if (statements.length > 1) await inserted;
  return messages.map((message) => receivedEvent(message, parts));
}

interface Locked<Rows> {
  readonly locked: Rows;
  /** Ids of those that somebody else has locked. */
  readonly busy: ReadonlySet<string>;
}

/** What waited for its locks, and so met none that is busy. */
const waited = async <Rows>(locked: Promise<Rows>): Promise<Locked<Rows>> => ({
  locked: await locked,
  busy: new Set(),
});

/**
 * Gives the copies their threads, and locks those that exist.
 * @returns the new copies with their threads, the copies that are not left out, duplicates among them, and the locked threads
 */
async function joinThreads(
  tx: Tx,
  scope: SystemScope,
  copies: readonly Copy[],
  known: readonly KnownMessage[],
  onLocked: OnLocked,
  parts: IngestParts,
): Promise<{ assigned: ThreadedCopy[]; remaining: readonly Copy[]; threads: readonly ThreadState[] }> {
  let remaining = copies;
  let { assigned, joined } = assignThreads(remaining, known, parts);
  const keys = [...joined.values()];
  const { locked, busy } = await (onLocked === "wait"
    ? waited(lockThreads(tx, scope, keys))
    : lockFreeThreads(tx, scope, keys));
  const ours = new Set([...joined.keys()].filter((id) => !busy.has(id)));
  const isBusy = ({ threadId }: ThreadedCopy): boolean => joined.has(threadId) && !ours.has(threadId);
  // Again, as what answers a mail that is left out joins another thread without it. Each time there are fewer.
  while (assigned.some(isBusy)) {
    const leftOut = new Set(assigned.filter(isBusy).map(({ arrival }) => arrival));
    remaining = remaining.filter(({ arrival }) => !leftOut.has(arrival));
    ({ assigned, joined } = assignThreads(remaining, known, parts));
  }
  return { assigned, remaining, threads: locked };
}

/** Of these the lists are asked: the author in the header, and where he is not authenticated the envelope's sender as well. */
function sendersOf({ arrival: { sender, isAuthenticated, mail }, inbox }: Copy): SenderTo[] {
  const envelope = isAuthenticated || mail.envelopeFrom === "" ? [] : [mail.envelopeFrom];
  return [...new Set([sender, ...envelope])].map((one) => ({ inbox, sender: one }));
}

/** Which lists are asked: those of replies about mail that answers what the inbox sent. */
function directionOf({ arrival, inbox }: Copy, known: KnownMessages): "receive" | "reply" {
  const { inReplyTo, sentMessageId } = arrival;
  const answered = known.ancestorOf(inbox.id, sentMessageId, inReplyTo === null ? [] : [inReplyTo]);
  return answered?.isOurs === true ? "reply" : "receive";
}

const byThreadKey = (a: ThreadState, b: ThreadState): number => (a.podId + a.id < b.podId + b.id ? -1 : 1);

/** Stored where the inbox was it would be lost, and where it will be it might come twice: the sender tries again, and finds it. */
const inboxMoved = () =>
  fail("service.unavailable", {
    message: "The mailbox is being moved",
    hint: "Try again in a few seconds.",
    logDetail: "it moves to another pod, or did since it was looked up",
  });

function livingCopies(copies: readonly Copy[], living: ReadonlySet<string>): Copy[] {
  for (const { mail } of new Set(copies.map(({ arrival }) => arrival)))
    if (mail.sent === undefined && !mail.recipients.some(({ inbox }) => living.has(inbox.id)))
      throw fail("inbox.not_found", {
        message: "Inbox not found",
        logDetail: "deleted between RCPT and the end of DATA",
      });
  return copies.filter(({ inbox }) => living.has(inbox.id));
}

/** What the inboxes hold of the messages that the copies are or name. */
function knownMessages(tx: Tx, scope: SystemScope, copies: readonly Copy[]): Promise<KnownMessage[]> {
  const named = copies.flatMap(({ arrival, inbox }) => {
    const key = { podId: inbox.podId, inboxId: inbox.id };
    const ancestors = arrival.ancestors.map((messageId) => ({ ...key, messageId }));
    return {
      own: { ...key, messageId: arrival.sentMessageId, contentSha256: arrival.contentSha256 },
      ancestors,
    };
  });
  return findKnown(
    tx,
    scope,
    named.map(({ own }) => own),
    named.flatMap(({ ancestors }) => ancestors),
  );
}

/** What the inboxes hold of Outlook's conversations, for those that answer in one and name no message that is there: few do. */
async function conversationsOf(
  tx: Tx,
  scope: SystemScope,
  copies: readonly Copy[],
  known: KnownMessages,
): Promise<KnownMessage[]> {
  const asking = copies.flatMap((copy) => {
    const { arrival, inbox } = copy;
    if (arrival.threadIndex?.isReply !== true || ancestorIn(known, copy) !== null) return [];
    return [{ podId: inbox.podId, inboxId: inbox.id, conversationId: arrival.threadIndex.conversationId }];
  });
  return findConversations(tx, scope, asking);
}

/** The message whose thread the copy joins; null when it starts one. Outlook's conversation counts when no id of the header does. */
function ancestorIn(known: KnownMessages, { inbox, arrival }: Copy): Ancestor | null {
  const { sentMessageId, ancestors, threadIndex } = arrival;
  const named = known.ancestorOf(inbox.id, sentMessageId, ancestors);
  if (named !== null || threadIndex === null || !threadIndex.isReply) return named;
  return known.newestOf(inbox.id, threadIndex.conversationId);
}

/**
 * Gives each new copy an id and a thread. A copy that the inbox holds, or that came twice in the group, is left out.
 * @returns the copies, and the threads that were there before
 */
function assignThreads(
  copies: readonly Copy[],
  stored: readonly KnownMessage[],
  { newId, mailHost }: IngestParts,
): { assigned: ThreadedCopy[]; joined: Map<string, ThreadKey> } {
  const known = new KnownMessages(stored);
  const assigned: ThreadedCopy[] = [];
  const started = new Set<string>();
  const joined = new Map<string, ThreadKey>();
  for (const copy of copies) {
    const { arrival, inbox } = copy;
    const { sentMessageId, contentSha256 } = arrival;
    if (isHeld(copy, known)) continue;
    const id = newId();
    const isTaken = known.isTaken(inbox.id, sentMessageId);
    const messageId = isTaken ? `<${id}@${mailHost}>` : sentMessageId;
    const ancestor = ancestorIn(known, copy);
    const threadId = ancestor?.threadId ?? newId();
    const timestamp = timestampAfter(ancestor, arrival.timestamp);
    if (ancestor === null) started.add(threadId);
    else if (!started.has(threadId)) joined.set(threadId, { podId: inbox.podId, id: threadId });
    const conversationId = arrival.threadIndex?.conversationId ?? null;
    const ids = { messageId, sentMessageId, contentSha256, conversationId };
    known.add({ inboxId: inbox.id, ...ids, threadId, timestamp, isOurs: false });
    assigned.push({ ...copy, id, messageId, threadId, timestamp });
  }
  return { assigned, joined };
}

function arrivedMessage(
  { id, arrival, inbox, messageId, threadId, timestamp }: ThreadedCopy,
  labels: readonly string[],
  { newId, now }: IngestParts,
): NewMessage {
  return {
    id,
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    threadId,
    messageId,
    sentMessageId: arrival.sentMessageId,
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
    authentication: arrival.mail.judgement?.verdicts ?? null,
    automatic: arrival.automatic,
    size: arrival.raw.byteLength,
    raw: arrival.raw,
    rawSha256: arrival.rawSha256,
    contentSha256: arrival.contentSha256,
    conversationId: arrival.threadIndex?.conversationId ?? null,
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
    type: receivedType(message.labels),
    organizationId: message.organizationId,
    podId: message.podId,
    inboxId: message.inboxId,
    messageUuid: message.id,
    data: { labels: message.labels },
    at: now,
  };
}

/** What a list refuses is that, whatever rules make of it (contract 9.5). */
function receivedType(labels: readonly string[]): NewEvent["type"] {
  if (labels.includes("blocked")) return "message.received.blocked";
  if (labels.includes("spam")) return "message.received.spam";
  return labels.includes("unauthenticated") ? "message.received.unauthenticated" : "message.received";
}
