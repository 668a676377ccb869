/** Bounds of HTTP: each with its unit, and why it is that and not another. */

/** Body of a send, bytes. Above the 6 MB the vendor documents, so every send of that size reaches us (contract 1.1). */
export const MAX_SEND_BYTES = 12 * 1024 * 1024;
/** Bodies of requests under way in one process, bytes, where there is memory; one tenant may have half. */
export const MAX_BODY_BYTES_HELD = 256 * 1024 * 1024;
/** Bytes of heap for each byte of a body: its text, the values parsed of it, and the statement that stores them (measured: 3.9 for a text of 11.5 MB, 1.7 for a file). */
export const HEAP_PER_BODY_BYTE = 4;
/** The same where a text holds characters that take two bytes each in memory (measured: 6.6). */
export const HEAP_PER_WIDE_BODY_BYTE = 7;
/** Bytes of heap for each byte that is read to be answered: the values, and one piece of their JSON (a text counts twice already, as it is and without history). */
export const HEAP_PER_READ_BYTE = 2;
/** Bytes of a body that no heap is reserved for: ordinary requests, of which a hundred take less than the process needs anyway. */
export const SMALL_BODY_BYTES = 64 * 1024;
/** Seconds that a refusal for lack of room asks to wait: what is in the way is done by then. */
export const RETRY_AFTER_SECONDS = 2;
/** Downloads and large answers in one process that are not read to their end, bytes, where there is memory; those of one tenant may be half. */
export const MAX_DOWNLOAD_BYTES_HELD = 256 * 1024 * 1024;
/** Downloads larger than SMALL_ANSWER_BYTES read from the database at once; one tenant alone may have half. Each keeps a process of PostgreSQL's at work and a connection taken. */
export const LARGE_DOWNLOADS_READ = 4;
/** Of one tenant that wait for that: no more than have room among the bytes held. */
export const MAX_DOWNLOADS_QUEUED = 4096;
/** Bytes of an answer that is not counted among those: what the kernel takes at once. */
export const SMALL_ANSWER_BYTES = 64 * 1024;
/** Body of any other request, bytes. The largest that is of use, a full metadata map with every character escaped, is 0.8 MB. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
/** HTTP connections at once: an idle one costs 11 KB, and each a file descriptor that the database needs as well. */
export const MAX_HTTP_CONNECTIONS = 10_000;
/** Of those, by one client network: more than any host has requests at once, and few enough to be ended within a tenth of a second when all of them expire together. */
export const MAX_HTTP_PER_NETWORK = 2000;
/** Part of the connections that only networks may have from which a valid key came of late: whoever has hundreds of networks fills what all may have. */
export const HTTP_KNOWN_SHARE = 1 / 4;
/** For how long a network is known by a valid key, milliseconds: agents call every day. */
export const HTTP_KNOWN_MS = 24 * 3_600_000;
/** Milliseconds after which a connection makes way, when all are taken, by which no valid key came: clients send theirs at once. */
export const HTTP_EVICTION_MS = 2000;
/** Requests that came too slowly refused in one turn of the event loop: those that began together expire together. */
export const EXPIRED_PER_TURN = 20;
/** Milliseconds for the headers of a request: 16 KB take this long at 1.6 KB a second. Whoever sends half of them holds a connection for it. */
export const HTTP_HEADERS_MS = 10_000;
/**
 * Milliseconds that a connection may be idle between two requests. Python's clients (httpx) keep theirs for 5 s, and Node's for 4: a server that ends one no later, as Node's own
 * default of 5 s does, resets a request that is on its way, which no client may repeat by itself if it sends something (RFC 9110 section 9.2.2).
 */
export const HTTP_KEEP_ALIVE_MS = 15_000;
/** Milliseconds for a whole request: a slow connection sends 12 MB in five minutes at 40 KB a second. */
export const HTTP_REQUEST_MS = 300_000;
/** Milliseconds for which the rest of a request is read that was answered before its end: the largest send, at 0.4 MB a second. */
export const READ_ON_MS = 30_000;
/** Of those, in which nothing comes: whoever has read the answer and sends no more, nor closes. */
export const READ_ON_SILENT_MS = 5000;
/** Bytes of such a rest: twice what any client would try to send in one request here. It is checked every READ_ON_CHECK_MS. */
export const READ_ON_BYTES = 64 * 1024 * 1024;
export const READ_ON_CHECK_MS = 500;
/** How often the headers' and the request's deadlines are looked at, milliseconds: each look goes over all connections. */
export const HTTP_TIMEOUT_CHECK_MS = 2000;
/** Milliseconds in which a client must read something of its answer: nginx's send_timeout. Whoever reads none of a megabyte, which needs no key, holds a connection for as long. */
export const HTTP_UNREAD_MS = 60_000;
/** Items of a list that are presented and written in one turn of the event loop: half a millisecond of messages without their bodies. */
export const LIST_PIECE_ITEMS = 25;
/** Characters of JSON written in one, of items and of long texts: a millisecond. Twenty-five messages of 1.5 MB were half a second. */
export const PIECE_CHARACTERS = 256 * 1024;
/** Tokens of one client network that are looked up at once without having been a key before: a fleet of agents that starts. */
export const UNKNOWN_KEY_BURST = 100;
/** Such tokens looked up a second from then on. */
export const UNKNOWN_KEYS_PER_SECOND = 20;
/** Longest pause before such a look-up, milliseconds: a tenth of what the official client waits for an answer. */
export const UNKNOWN_KEY_PAUSE_MS = 5000;
/** Client networks whose tokens are counted, and those that are known; an entry is about 100 bytes. */
export const UNKNOWN_KEY_NETWORKS = 10_000;
/** Requests without a known key that are looked at, at once: their look-ups share statements. One network alone has half. */
export const STRANGERS_AT_ONCE = 32;
/** Sign-ups that are written at once, whatever their networks: each is a new tenant, with a share of the database of its own, and mails a code. */
export const NEWCOMERS_AT_ONCE = 1;
/** Times as long as one took before the next begins, while others have work: most of it is PostgreSQL's, which no pace counts. */
export const NEWCOMERS_REST = 3;
/**
 * Milliseconds between two peers that find out that they pipelined too much, or sent a body in too many pieces: a packet of such costs some 5 ms to read, so that whoever waits for his answer has a tenth
 * of the event loop, from however many networks.
 */
export const LAVISH_PAUSE_MS = 50;
/** Requests without a known key of one network that wait for their turn of the event loop; each has a connection, of which a network has as many. */
export const MAX_STRANGERS_WAITING = 2000;
/**
 * Requests of one connection that have no answer yet. Hardly a client sends a second one (RFC 9112 section 9.3.2), and thousands of them fit into a packet: reading
 * eight heads costs what taking the connection does.
 */
export const MAX_PIPELINED_REQUESTS = 8;
/** First line and headers of a request, bytes: node's own bound. An ordinary one has under 2 KB. */
export const MAX_REQUEST_HEAD_BYTES = 16 * 1024;
/** Pieces that a body may come in: twelve million of a byte each would take 3 GB and two minutes. 12 MB in the smallest segments of TCP (536 bytes, RFC 9293 section 3.7.1) make 23,500. */
export const MAX_BODY_PIECES = 32_768;
/** Of those, whatever their size, and bytes that each further one must have on average: of an octet each, 64 KB of what comes have 10,900, and take the event loop for 20 ms and more. */
export const SMALL_BODY_PIECES = 2048;
export const LEAST_PIECE_BYTES = 64;
/** Nesting of lists and objects in a body. The API's bodies have four levels; unknown fields are ignored, within this bound. */
export const MAX_JSON_DEPTH = 32;
/** Entries of one list or object in a body: twice the longest list that any route takes. */
export const MAX_JSON_ENTRIES = 1000;
/** Values in one body, those inside others as well. The largest send has 900; the rest allows for unknown fields. */
export const MAX_JSON_VALUES = 20_000;
/** Desired state of a fleet, bytes: a hundred thousand tenants with some fields of their own. Its values take three times as much heap. */
export const MAX_FLEET_BYTES = 16 * 1024 * 1024;
/** Entries of one list, and values in all, of such a document: ten for each tenant. */
export const MAX_FLEET_ENTRIES = 100_000;
export const MAX_FLEET_VALUES = 1_000_000;
/** Octets of JSON that are read in one turn of the event loop: a millisecond or two. Longer texts are read in as many pieces. */
export const JSON_PIECE_BYTES = 128 * 1024;
/** Values, and weight of tenants of a fleet (`weightOf`), that are checked in one: some milliseconds. */
export const JSON_PIECE_VALUES = 10_000;
export const FLEET_PIECE_WEIGHT = 64 * 1024;
/** Characters of a name in an object: twice the longest that any route takes. */
export const MAX_JSON_KEY_LENGTH = 512;
/** Entries of `errors` in one answer. A caller corrects the first few; a list of wrong items would have thousands. */
export const MAX_REPORTED_ISSUES = 20;
/** Values of one list in a query. Each is a condition of its own on every row. */
export const MAX_QUERY_VALUES = 100;
/** Most items of a plain list page; larger numbers are lowered to it (contract (c) 2). */
export const MAX_PAGE_SIZE = 1000;
/** Most items of a page that filters by substring, and of a thread's messages: refused above (contract 4). */
export const MAX_FILTERED_PAGE_SIZE = 100;
/** Characters of a search for inboxes (contract 17). */
export const MIN_INBOX_QUERY_LENGTH = 2;
export const MAX_INBOX_QUERY_LENGTH = 256;
/** Messages of a thread given at once when the caller names no number: old clients expect all of them (contract 7.11). */
export const MAX_THREAD_MESSAGES = 1000;
/** Bytes that an archive under way counts as, like the body of a large send: what waits for the client to read it, and the messages of one piece. */
export const ARCHIVE_BYTES = MAX_SEND_BYTES;
/** WebSockets in one process: an idle one costs about 5 KB of heap (`npm run bench -- sockets`), and each a file descriptor. One tenant alone may have half. */
export const MAX_SOCKETS = 16_000;
/** Of those, with one key: a fleet of workers has dozens. */
export const MAX_SOCKETS_PER_KEY = 1000;
/** Of those, by one client network: as connections. */
export const MAX_SOCKETS_PER_NETWORK = 2000;
/** Bytes of a message from a client. A subscription that names twenty things has 2 KB. */
export const MAX_SOCKET_MESSAGE_BYTES = 64 * 1024;
/** Frames of one message, and pieces of it in memory: clients send such a message in one. */
export const MAX_SOCKET_FRAGMENTS = 64;
export const MAX_SOCKET_PIECES = 256;
/** Bytes that one socket is behind, beyond what the kernel holds, before it is closed as too slow: four of the largest events. */
export const MAX_SOCKET_BEHIND_BYTES = 4 * 1024 * 1024;
/** Bytes of events that sockets of a process have not been sent yet, each event counted once; one tenant may have half. */
export const MAX_SOCKET_BYTES_HELD = 64 * 1024 * 1024;
/** Sockets that are sent an event in one turn of the event loop, and bytes of it for all of them: a millisecond or two. */
export const SOCKETS_TOLD_AT_ONCE = 50;
export const SOCKET_BYTES_AT_ONCE = 1024 * 1024;
/** Events that come in while a socket is sent what it missed. */
export const MAX_SOCKET_EVENTS_HELD = 1000;
/** Milliseconds between pings: below the minute after which proxies end a silent connection. A socket that has not answered by the next one is gone. */
export const SOCKET_PING_MS = 30_000;
/** Pings and pongs of a client in that time: ten a second, where clients send one in ten. */
export const MAX_SOCKET_CONTROL_FRAMES = 300;
/** Turns in which all sockets are pinged in that time, so that not all are at once. */
export const SOCKET_PING_TURNS = 30;
/** Milliseconds that a socket may stay without a subscription. */
export const SOCKET_IDLE_MS = 600_000;
/** Milliseconds that a socket may take to end once it is told to. */
export const SOCKET_CLOSE_MS = 2000;
/** The same when it reads too slowly: the code that says so stands behind what it has not read, 4 MB and the kernel's buffers at 400 KB a second. */
export const SLOW_SOCKET_CLOSE_MS = 20_000;
/** Milliseconds before a consumer that polls is told that nothing waits: whoever asks again at once, for ever, has 2 % of a core instead of all of one (9 ms of CPU each). */
export const EMPTY_POLL_MS = 500;
/** Keys of open sockets that are looked up again at once, when all may have changed. */
export const SOCKET_KEYS_AT_ONCE = 20;
