/** What a thread says of its messages, kept up to date as each is added (contract 6.8). */
import { MAX_THREAD_PEOPLE } from "./limits.ts";
import type { ThreadState } from "./rows.ts";

/** What a thread needs to know of a message that joins it. */
export interface Member {
  readonly podId: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly messageId: string;
  readonly direction: "inbound" | "outbound";
  readonly labels: readonly string[];
  readonly timestamp: Date;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly subject: string | null;
  readonly preview: string | null;
  readonly size: number;
}

const union = (known: readonly string[], added: readonly string[]): readonly string[] =>
  added.every((value) => known.includes(value)) ? known : [...new Set([...known, ...added])];

const people = (known: readonly string[], added: readonly string[]): readonly string[] =>
  known.length >= MAX_THREAD_PEOPLE ? known : union(known, added).slice(0, MAX_THREAD_PEOPLE);

const later = (known: Date | null, candidate: Date): Date =>
  known === null || candidate > known ? candidate : known;

/** A thread of one message. */
export function startThread(id: string, member: Member, now: Date): ThreadState {
  return {
    podId: member.podId,
    id,
    organizationId: member.organizationId,
    inboxId: member.inboxId,
    subject: member.subject,
    preview: member.preview,
    labels: [...member.labels],
    senders: [member.from],
    recipients: people([], member.recipients),
    messageCount: 1,
    size: member.size,
    lastMessageId: member.messageId,
    timestamp: member.timestamp,
    receivedTimestamp: member.direction === "inbound" ? member.timestamp : null,
    sentTimestamp: member.direction === "outbound" ? member.timestamp : null,
    createdAt: now,
    updatedAt: now,
  };
}

/** The thread with one message more. Preview and last message follow the newest by timestamp, not the last to arrive. */
export function joinThread(thread: ThreadState, member: Member, now: Date): ThreadState {
  const newest = member.timestamp >= thread.timestamp;
  return {
    ...thread,
    preview: newest ? member.preview : thread.preview,
    labels: union(thread.labels, member.labels),
    senders: people(thread.senders, [member.from]),
    recipients: people(thread.recipients, member.recipients),
    messageCount: thread.messageCount + 1,
    size: thread.size + member.size,
    lastMessageId: newest ? member.messageId : thread.lastMessageId,
    timestamp: later(thread.timestamp, member.timestamp),
    receivedTimestamp:
      member.direction === "inbound"
        ? later(thread.receivedTimestamp, member.timestamp)
        : thread.receivedTimestamp,
    sentTimestamp:
      member.direction === "outbound" ? later(thread.sentTimestamp, member.timestamp) : thread.sentTimestamp,
    updatedAt: now,
  };
}
