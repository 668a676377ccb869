/**
 * Which thread a message joins (contract 9.3): the one of a message it names in In-Reply-To or References and that the
 * same inbox holds; else, when it answers in a conversation of Outlook's, that of the conversation's newest message. Subjects,
 * senders and times never group, and threads never span inboxes.
 */

/** Fields of a referenced message that threading needs. */
export interface Ancestor {
  readonly threadId: string;
  readonly timestamp: Date;
  /** The inbox sent it. */
  readonly isOurs: boolean;
}

/**
 * When a message was written. A Date header has no milliseconds, but mail sent by this server has: a reply of the same second
 * would sort before its original.
 */
export function timestampAfter(ancestor: Ancestor | null, dated: Date): Date {
  if (ancestor === null) return dated;
  const aheadMs = ancestor.timestamp.getTime() - dated.getTime();
  return aheadMs > 0 && aheadMs < 1000 ? ancestor.timestamp : dated;
}
