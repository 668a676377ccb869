/** Bounds of the process as a whole: each with its unit, and why it is that and not another. What is derived from them is in memory.ts. */

/** Megabytes of a semi-space where nobody says otherwise: V8's most on a machine of 64 bits. bin/rookery.js gives a server less. */
export const SEMI_SPACE_MEGABYTES = 64;

/** Semi-spaces of a young generation, as V8 counts them in its heap limit. */
export const SEMI_SPACES = 3;
/** Bytes of heap that a process needs without any load, and for all that no budget counts (measured: 40 MB after start). */
export const BASE_HEAP_BYTES = 48 * 1024 * 1024;
/** Bytes of budget below which not even one send of the vendor's 6 MB fits: such a heap gets them, and may be too small. */
export const LEAST_HEAP_BUDGET_BYTES = 24 * 1024 * 1024;
/** Bytes outside the heap that Node and its threads take: code, stacks, buffers of sockets. */
export const BASE_NATIVE_BYTES = 100 * 1024 * 1024;
/** Bytes that a PostgreSQL of our own takes beside its buffers: some ten backends. */
export const DATABASE_BACKENDS_BYTES = 128 * 1024 * 1024;
/**
 * Of the machine's memory, or the container's, what such a PostgreSQL keeps pages in; bytes at least, PostgreSQL's own default, and at most, with which
 * searches among a million messages find theirs in memory. The system keeps the same files in what is left.
 */
export const BUFFERS_SHARE = 1 / 8;
export const LEAST_BUFFER_BYTES = 128 * 1024 * 1024;
export const MOST_BUFFER_BYTES = 1024 * 1024 * 1024;
/** Bytes outside the heap that the budgets share at least: with less, a mail of the largest size would fit nowhere. */
export const LEAST_ROOM_BYTES = 96 * 1024 * 1024;
/** Parts of the room that each budget gets; the rest is for outgoing mail and the files of sends. */
export const ROOM_SHARE = 0.25;
/** Bytes outside the heap for each byte of a body: itself, its file decoded, the composed mail, and both in the driver's buffers. */
export const NATIVE_PER_BODY_BYTE = 5;
/** For each byte of a download: itself, and the socket's. */
export const NATIVE_PER_DOWNLOAD_BYTE = 2;
/** For each byte of unfinished mail: itself, with its trace fields in front, and in the driver's buffer. */
export const NATIVE_PER_MAIL_BYTE = 3;
/** Mails of the largest size that unfinished mail has room for at least: a network alone may have half, which is one. */
export const LEAST_UNFINISHED_MAILS = 2;
/** For each byte of a mail that is being stored: what MAX_LARGE_MAILS says, PostgreSQL's copies among it. */
export const NATIVE_PER_STORED_BYTE = 8;
/** Heap that a group of arriving mail takes for each of its bytes: its texts, and the JSON in which they are stored. */
export const HEAP_PER_GROUP_BYTE = 4;
/** Part of the heap's budget that such a group may take. */
export const GROUP_SHARE = 0.25;
/** Bytes of a group of mail at least: one that is just not large. */
export const LEAST_GROUP_BYTES = 256 * 1024;
/** Part of the container's memory that the heaps of all threads for large mail may take together: half of what the process's own has. */
export const THREADS_SHARE = 0.125;
/** Megabytes of heap of one such thread: at most five times what the worst of 25 MB takes, at least what an ordinary mail of 5 MB does. */
export const MOST_THREAD_HEAP_MB = 512;
export const LEAST_THREAD_HEAP_MB = 64;
/** Part of the heap's budget for keys that are remembered, at about 500 bytes each. */
export const KEYS_SHARE = 0.05;
export const KEY_BYTES = 500;
/** Requests, mails and webhook attempts of one tenant that wait for their turn of the event loop; more are refused with 503 or 451. Each holds what was read of it. */
export const MAX_WAITING_PIECES = 2000;
/** File descriptors that are not for connections of clients: PostgreSQL's 80, 400 of webhooks, 350 of outgoing mail, name servers, files. */
export const OWN_DESCRIPTORS = 1000;
/** Part of the limit of descriptors that is kept for them where it is lower than twice that. */
export const OWN_SHARE = 1 / 2;
/** Parts of the other descriptors that each kind of connection may take: HTTP, WebSockets, SMTP, and submission as much as SMTP. */
export const HTTP_SHARE = 0.3;
export const SOCKETS_SHARE = 0.3;
export const SMTP_SHARE = 0.2;
/** Connections of each kind, whatever the limit: with fewer nobody but a balancer that asks for health gets in. */
export const LEAST_PLACES = 4;
