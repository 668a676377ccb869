/**
 * Which thread a message joins (contract 9.3): the one of a message it names in In-Reply-To or References and that the
 * same inbox holds. Subjects, senders and times never group, and threads never span inboxes.
 */

/** Names a message within an inbox. */
export const threadKey = (inboxId: string, messageId: string): string => `${inboxId}\n${messageId}`;

/** Fields of a referenced message that threading needs. */
export interface Ancestor {
  readonly threadId: string;
  readonly timestamp: Date;
  /** The inbox sent it. */
  readonly isOurs: boolean;
}

/**
 * @param ids the message's In-Reply-To, which may have several, then its References, nearest first
 * @param known by `threadKey`, every stored message that may be referenced
 * @returns the first of them that the inbox holds; null starts a thread
 */
export function ancestorOf(
  ids: readonly string[],
  inboxId: string,
  known: ReadonlyMap<string, Ancestor>,
): Ancestor | null {
  for (const id of ids) {
    const ancestor = known.get(threadKey(inboxId, id));
    if (ancestor !== undefined) return ancestor;
  }
  return null;
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
