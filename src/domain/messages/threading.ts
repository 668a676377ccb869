/**
 * Which thread a message joins (contract 9.3): the one of a message it names in In-Reply-To or References and that the
 * same inbox holds. Subjects, senders and times never group, and threads never span inboxes.
 */

/** Names a message within an inbox. */
export const threadKey = (inboxId: string, messageId: string): string => `${inboxId}\n${messageId}`;

/**
 * @param known thread by `threadKey` of every stored message that may be named
 * @returns the thread of In-Reply-To, else of the newest known reference; null starts a thread
 */
export function threadFor(
  message: { readonly inReplyTo: string | null; readonly references: readonly string[] },
  inboxId: string,
  known: ReadonlyMap<string, string>,
): string | null {
  const candidates = message.inReplyTo === null ? [] : [message.inReplyTo];
  for (const id of [...candidates, ...message.references.toReversed()]) {
    const thread = known.get(threadKey(inboxId, id));
    if (thread !== undefined) return thread;
  }
  return null;
}
