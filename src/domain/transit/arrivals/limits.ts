/** Bounds of mail coming in. */

/**
 * How long what rules found at RCPT holds for the mail behind it, in milliseconds: sending takes a second or two. So long may a change of
 * a value list not concern a mail that is on its way.
 */
export const MAX_EARLY_VERDICT_MS = 10_000;
/** Bytes of mail committed together: a statement is held in memory several times over, and may have 1 GB at most. */
export const MAX_INGEST_GROUP_BYTES = 32 * 1024 * 1024;
/** Milliseconds that a statement of ingest waits for a lock: ten times a commit on a busy machine. While a group waits, all mail of the process does. */
export const INGEST_LOCK_TIMEOUT_MS = 250;
/** The same where commits take long: less than PostgreSQL gives a process that stopped in the middle of one. */
export const MOST_INGEST_LOCK_TIMEOUT_MS = 4000;
/** Milliseconds that a mail whose rows are locked is tried before its sender is told to come again: PostgreSQL ends a process that stopped in mid-commit after five seconds. */
export const MAX_INGEST_LOCK_WAIT_MS = 8000;
/** Such mails tried at once, alone and then by the inboxes that they wait for: each holds a connection for as long as it waits. */
export const MAX_LOCKED_MAILS = 2;
/** Servers a mail may have passed on its way here (RFC 5321 section 6.3 asks for at least 100). One with more goes in a circle. */
export const MAX_HOPS = 100;
