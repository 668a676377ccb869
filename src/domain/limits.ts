/** Bounds that several nouns of the domain share, and those of the door: each with its unit, and why it is that and not another. What one noun alone has is in its own limits.ts. */

/** Items on a page when the caller names no number: a screenful, and small enough to be one quick query. */
export const DEFAULT_PAGE_SIZE = 50;
/** Rows of messages or threads fetched at once: reading a hundred takes the event loop for about a millisecond. */
export const KEYSET_PIECE_ROWS = 100;
/** Labels on one message, and characters of one label (contract (c) 20). */
export const MAX_LABELS = 100;
export const MAX_LABEL_LENGTH = 256;
/** Attachments of one outgoing message. Beyond it an archive is the better form. */
export const MAX_ATTACHMENTS = 100;
/** Message-IDs kept of a References header, newest last: enough to find an ancestor of any real thread. */
export const MAX_REFERENCES = 100;
/** Characters of names people read: pods, keys, display names. */
export const MAX_NAME_LENGTH = 256;
/** Hours an Idempotency-Key is remembered (contract 5.2). */
export const IDEMPOTENCY_HOURS = 24;
/** Pods or inboxes one webhook endpoint may name, each (contract 6.11). */
export const MAX_WEBHOOK_TARGETS = 10;
/** Characters of a value of a condition or an action, and of a value on a list (nylas 4.2). */
export const MAX_RULE_VALUE_LENGTH = 500;
/** Characters that describe a rule or a list, for people to read. */
export const MAX_DESCRIPTION_LENGTH = 2000;
/** Milliseconds an authenticated key is believed without asking again, when revocation notices arrive. */
export const KEY_CACHE_MS = 5000;
/** Keys remembered per process; an entry is about 500 bytes. */
export const KEY_CACHE_ENTRIES = 20_000;
/** Milliseconds a token that is no key is refused without asking again. None can become a key meanwhile: a key's token is drawn when it is made, and nobody has it before. */
export const UNKNOWN_KEY_MS = 1000;
/** Tokens looked up in one statement. Those of more callers wait for the next. */
export const MAX_KEY_LOOK_UPS = 200;
/** A key's last use is written at most this often, milliseconds: one update a minute, not one a request. */
export const KEY_USED_INTERVAL_MS = 60_000;
/** Copies of mails committed together, one for each inbox that a mail is for. Larger groups gain nothing measurable and make everybody in them wait longer. */
export const MAX_INGEST_GROUP = 64;
/** Copies of one pod in such a group while others are there: they take some 10 ms, and each group 3 besides. */
export const MAX_SHARED_COPIES = 16;
/** Bytes of sends committed together; what they write is in memory several times over, and a larger mail goes alone. */
export const MAX_SHARED_BYTES = 4 * 1024 * 1024;
/** Pods with something due that one look finds: the next look finds the rest, when those are done. */
export const MAX_PODS_FOUND = 1000;
/** Bytes of a mail from which on it is read and written on a thread of its own; smaller ones hold the event loop for a few milliseconds, and most mail is smaller. */
export const LARGE_MAIL_BYTES = 256 * 1024;
/** Bytes read in one piece for a caller, such as the bodies of a message, from which on they are waited for: a dozen of this size fit beside anything. */
export const LARGE_READ_BYTES = 1024 * 1024;
/** Large mails read or committed at once, where there is memory: each is in memory some eight times over until it is stored. */
export const MAX_LARGE_MAILS = 2;
/** Worker threads that read and compose large mails. */
export const MAX_MIME_THREADS = 2;
/** Milliseconds an endpoint has to answer. */
export const WEBHOOK_TIMEOUT_MS = 15_000;
/** Unreferenced blobs, or copies of deleted messages, deleted in one transaction. */
export const SWEEP_BATCH = 200;
/** Rows deleted in one transaction by retention: with the deliveries and attempts of as many events it takes under 100 ms, and holds no lock that a request waits for longer. */
export const PRUNE_BATCH = 1000;
/** Such transactions in one job, which then lets other jobs have its place: a few seconds. */
export const MAX_PRUNE_BATCHES = 20;
/** Organizations of one installation whose audit is pruned: there is one today. */
export const MAX_ORGANIZATIONS = 1000;
/** Milliseconds that one statement of what works on everything (all that an inbox or pod holds, a sweep of a large pod, thousands of creates) may take. A million messages are deleted in a few minutes. */
export const LONG_STATEMENT_MS = 10 * 60_000;
/** Milliseconds that a message sent here waits for an inbox that is paused, full or over a limit before it bounces: as long as other servers try (RFC 5321 section 4.5.4.1). */
export const MAX_WAIT_FOR_INBOX_MS = 5 * 24 * 3600 * 1000;
/** Seconds between two looks at the queued copies of a paused or suspended sender, and at webhooks of a suspended pod: how late they are afterwards. A look reads no bytes. */
export const HELD_COPIES_SECONDS = 300;
/** Milliseconds until a pod that is being deleted is looked at again, while inboxes of it are on their way out. */
export const DISSOLVE_LOOK_MS = 1000;
/** Of metrics: points of one answer, and days that they go back (contract 14). */
export const MAX_METRIC_POINTS = 1000;
export const METRIC_DAYS = 90;
/** Seconds of rolling rates: from one point to the next, and how far each looks back, when the caller says nothing; and at most (contract 8.2). */
export const DEFAULT_RATE_PERIOD_SECONDS = 3600;
export const DEFAULT_RATE_WINDOW_SECONDS = 86_400;
export const MAX_RATE_WINDOW_SECONDS = 2_592_000;
/** Pods looked at in one look for what is due: some 10 µs each. The next look goes on behind them. */
export const MAX_PODS_LOOKED_AT = 2000;
/** Of each reason why the database cannot be used, a minute: of a hundred requests a second each would log the stack of its own error, 4 KB. */
export const OUTAGE_LINES_PER_MINUTE = 6;
