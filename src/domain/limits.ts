/** Every bound of the product: its unit, and why it is that and not another. */

/** Body of a send, bytes. Above the 6 MB the vendor documents, so every send of that size reaches us (contract 1.1). */
export const MAX_SEND_BYTES = 12 * 1024 * 1024;
/** Bodies of requests under way in one process, bytes; one tenant may have half. What is made of a body is a few times its size. */
export const MAX_BODY_BYTES_HELD = 256 * 1024 * 1024;
/** Downloads in one process that are not read to their end, bytes; those of one tenant may be half. */
export const MAX_DOWNLOAD_BYTES_HELD = 256 * 1024 * 1024;
/** Body of any other request, bytes. The largest that is of use, a full metadata map with every character escaped, is 0.8 MB. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
/** HTTP connections at once: an idle one costs 11 KB, and each a file descriptor that the database needs as well. */
export const MAX_HTTP_CONNECTIONS = 10_000;
/** Requests of one connection that have no answer yet. Hardly a client sends a second one (RFC 9112 section 9.3.2); thousands of them fit into a packet. */
export const MAX_PIPELINED_REQUESTS = 32;
/** First line and headers of a request, bytes: node's own bound. An ordinary one has under 2 KB. */
export const MAX_REQUEST_HEAD_BYTES = 16 * 1024;
/** Pieces that a body may come in: twelve million of a byte each would take 3 GB and two minutes. 12 MB in the smallest segments of TCP (536 bytes, RFC 9293 section 3.7.1) make 23,500. */
export const MAX_BODY_PIECES = 32_768;
/** Levels of lists and objects in a body. Ours have four; what a client adds for itself is ignored, but not without end. */
export const MAX_JSON_DEPTH = 32;
/** Entries of one list or object in a body: twice the longest list that any route takes. */
export const MAX_JSON_ENTRIES = 1000;
/** Values in one body, those inside others as well. The fullest send has 900; the rest is for what a client adds for itself. */
export const MAX_JSON_VALUES = 20_000;
/** Characters of a name in an object: twice the longest that any route takes. */
export const MAX_JSON_KEY_LENGTH = 512;
/** Entries of `errors` in one answer. The first is what a caller mends; a list of wrong items would have thousands. */
export const MAX_REPORTED_ISSUES = 20;

/** Values of one list in a query. Each is a condition of its own on every row. */
export const MAX_QUERY_VALUES = 100;

/** Items on a page when the caller names no number: a screenful, and small enough to be one quick query. */
export const DEFAULT_PAGE_SIZE = 50;
/** Most items of a plain list page; larger numbers are lowered to it (contract (c) 2). */
export const MAX_PAGE_SIZE = 1000;
/** Most items of a page that filters by substring, and of a thread's messages: refused above (contract 4). */
export const MAX_FILTERED_PAGE_SIZE = 100;

/** Bytes of the messages of one page, as the database can tell them without reading them; a page has one message at least. A thousand of them, with bodies of 25 MB each, would end the process. */
export const MAX_PAGE_BYTES = 32 * 1024 * 1024;

/** Recipients of one message over to, cc and bcc (contract 9.1). */
export const MAX_RECIPIENTS = 50;
/** Labels on one message, and characters of one label (contract (c) 20). */
export const MAX_LABELS = 100;
export const MAX_LABEL_LENGTH = 256;
/** Attachments of one outgoing message. A mail with more is an archive somebody should have zipped. */
export const MAX_ATTACHMENTS = 100;
/** Of those, given by URL: they are fetched one after the other while the caller waits. */
export const MAX_ATTACHMENT_URLS = 20;
/** Milliseconds to fetch all of a message's URLs: half of what the official client waits for an answer. */
export const ATTACHMENT_FETCH_MS = 30_000;
/** Redirects followed for one URL: a short link, a move to https, a signed link. */
export const MAX_ATTACHMENT_REDIRECTS = 3;
/** Caller's own headers on one outgoing message. */
export const MAX_CUSTOM_HEADERS = 50;
/** Octets of one header value we write (RFC 5322 section 2.1.1 line bound). */
export const MAX_HEADER_VALUE_LENGTH = 998;
/** Message-IDs kept of a References header, newest last: enough to find an ancestor of any real thread. */
export const MAX_REFERENCES = 100;
/** Messages of a thread that one label change may touch (contract 9.4: 422 from here on). */
export const MAX_THREAD_UPDATE_MESSAGES = 100;

/** Characters of names people read: pods, keys, display names. */
export const MAX_NAME_LENGTH = 256;
/** Characters of a client_id and of an Idempotency-Key (contract 5). */
export const MAX_CLIENT_ID_LENGTH = 256;
/** Hours an Idempotency-Key is remembered (contract 5.2). */
export const IDEMPOTENCY_HOURS = 24;
/** Keys of an inbox's metadata, and characters of a key or text value (contract 7.5). */
export const MAX_METADATA_KEYS = 256;
export const MAX_METADATA_LENGTH = 256;

/** Pods or inboxes one webhook endpoint may name, each (contract 6.11). */
export const MAX_WEBHOOK_TARGETS = 10;
/** Endpoints of one inbox, of one pod beside those, and of the organization: an event is told to all that listen. */
export const MAX_WEBHOOKS = 100;
/** Domains of one pod, and of the organization beside its pods, that are not verified: each takes a name from everybody else, and 100 ms to make its key. */
export const MAX_UNVERIFIED_DOMAINS = 100;
/** Custom headers of an endpoint, and octets of one value. */
export const MAX_WEBHOOK_HEADERS = 50;
export const MAX_WEBHOOK_HEADER_LENGTH = 4096;

/** Seconds a download link works (contract 9.7: about an hour). */
export const DOWNLOAD_SECONDS = 3600;

/** Milliseconds an authenticated key is believed without asking again, when revocation notices arrive. */
export const KEY_CACHE_MS = 5000;
/** Keys remembered per process; an entry is about 500 bytes. */
export const KEY_CACHE_ENTRIES = 20_000;
/** A key's last use is written at most this often, milliseconds: one update a minute, not one a request. */
export const KEY_USED_INTERVAL_MS = 60_000;

/** Messages committed together. Larger groups gain nothing measurable and make everybody in them wait longer. */
export const MAX_INGEST_GROUP = 64;
/** Bytes of mail committed together: a statement is held in memory several times over, and may have 1 GB at most. */
export const MAX_INGEST_GROUP_BYTES = 32 * 1024 * 1024;
/** Messages of one pod delivered to inboxes here at once: what one group commit takes. */
export const MAX_DELIVERY_BATCH = MAX_INGEST_GROUP;
/** Bytes of those together, or one message: all are in memory. */
export const MAX_DELIVERY_BATCH_BYTES = 16 * 1024 * 1024;
/** Messages after which a pod that has more to deliver lets the other pods have their turn: about a second of work. */
export const MAX_DELIVERY_TURN = 512;
/** Bytes of a mail from which on it is read and written on a thread of its own; smaller ones hold the event loop for a few milliseconds, and most mail is smaller. */
export const LARGE_MAIL_BYTES = 256 * 1024;
/** Large mails read or committed at once: each is in memory some eight times over until it is stored. */
export const MAX_LARGE_MAILS = 2;
/** Worker threads that read and compose large mails. */
export const MAX_MIME_THREADS = 2;
/** Recipients of one SMTP transaction (RFC 5321 4.5.3.1.8 asks for at least 100). */
export const MAX_SMTP_RECIPIENTS = 100;

/** Flags of one key's permission object: twice what the product has, so that a newer client's are still kept (contract 2.5). */
export const MAX_PERMISSION_FLAGS = 80;
/** Characters of one flag's name. The longest of ours has 26. */
export const MAX_PERMISSION_NAME_LENGTH = 64;

/** Messages one batch may read, and one may change (contract 17). */
export const MAX_BATCH_GET = 500;
export const MAX_BATCH_UPDATE = 50;
/** Messages of a thread given at once when the caller names no number: old clients expect all of them (contract 7.11). */
export const MAX_THREAD_MESSAGES = 1000;
/** SMTP sessions at once from one address: several of a big sender's workers, not all of the sessions. */
export const MAX_SMTP_PER_ADDRESS = 50;

/** Seconds before each retry of a webhook, after the first attempt at once (contract 12.3: Svix's schedule). */
export const WEBHOOK_RETRY_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
/** Days of nothing but failures after which an endpoint is switched off. */
export const WEBHOOK_DISABLE_DAYS = 5;
/** Milliseconds an endpoint has to answer. */
export const WEBHOOK_TIMEOUT_MS = 15_000;
/** Milliseconds that attempts under way have to end when the process stops: with the other parts' it stays below the ten seconds that containers are given. */
export const WEBHOOK_DRAIN_MS = 3000;
/** Grace period in milliseconds: after it an unanswered attempt gives up its slot in the fast lane. */
export const WEBHOOK_GRACE_MS = 1000;
/** Unanswered attempts that a process awaits beside its slots: each costs a socket and the body it was sent. */
export const MAX_WEBHOOKS_WAITED_FOR = 256;
/** Bytes of its answer that are kept for people to read. */
export const WEBHOOK_RESPONSE_BYTES = 2048;
/** Bytes of a webhook's body; above it the message's bodies are left out (contract 12.3). */
export const MAX_WEBHOOK_BODY_BYTES = 1_000_000;
/** Unreferenced blobs, or copies of deleted messages, deleted in one transaction. */
export const SWEEP_BATCH = 200;
/** Servers a mail may have passed on its way here (RFC 5321 section 6.3 asks for at least 100). One with more goes in a circle. */
export const MAX_HOPS = 100;
/** Octets of one SMTP command line: RFC 5321 4.5.3.1.4 asks for 512 and extensions add to it; eight times that. */
export const MAX_SMTP_COMMAND_BYTES = 4096;
/** Commands refused in one SMTP session before it is ended; a message that is taken starts the count anew. Enough for a mailing list with stale addresses, few for somebody who guesses them. */
export const MAX_SMTP_ERRORS = 50;
/** Commands in one SMTP session that lead to no message: five times what the largest transaction needs. */
export const MAX_SMTP_COMMANDS = 500;
/** Bytes of unfinished mail in the memory of one process, over all sessions; more is told to come again (451). Never less than four mails of the largest size. */
export const MAX_SMTP_BUFFERED_BYTES = 256 * 1024 * 1024;
/** Times the largest message that is read of one too large, so that its sender gets the 552; then the connection is ended. */
export const MAX_SMTP_OVERRUN = 4;
/** Milliseconds an SMTP session may say nothing (RFC 5321 section 4.5.3.2.7). */
export const SMTP_IDLE_MS = 5 * 60_000;
/** Milliseconds that messages in transfer have to end when the server stops. */
export const SMTP_DRAIN_MS = 5000;

/** Senders, and recipients, shown of one thread, in the order they joined: each mail may name a thousand, and its row is written anew with each. */
export const MAX_THREAD_PEOPLE = 1000;
/** Attachments shown of one thread in lists and at its head, oldest first; each message shows all of its own. */
export const MAX_THREAD_ATTACHMENTS = 100;
