/**
 * Which thread a message joins (contract 9.3): the one of a message it names in In-Reply-To or References and that the
 * same inbox holds. Subjects, senders and times never group, and threads never span inboxes.
 */

/** Names a message within an inbox. */
export const threadKey = (inboxId: string, messageId: string): string => `${inboxId}\n${messageId}`;

/** What a message that is named tells of the one that names it. */
export interface Ancestor {
  readonly threadId: string;
  readonly timestamp: Date;
}

/**
 * @param ids what the message names: those of In-Reply-To, which may hold several, then its references, nearest first
 * @param known by `threadKey`, every stored message that may be named
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
 * When a message was written. A Date header knows no milliseconds, which what we send has: an answer of the same second
 * would stand before what it answers.
 */
export function timestampAfter(ancestor: Ancestor | null, dated: Date): Date {
  if (ancestor === null) return dated;
  const aheadMs = ancestor.timestamp.getTime() - dated.getTime();
  return aheadMs > 0 && aheadMs < 1000 ? ancestor.timestamp : dated;
}
