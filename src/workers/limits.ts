/** Bounds of jobs and webhook attempts: each with its unit, and why it is that and not another. */

/** Milliseconds that attempts under way have to end when the process stops: with the other parts' it stays below the ten seconds that containers are given. */
export const WEBHOOK_DRAIN_MS = 3000;
/** Grace period in milliseconds: after it an unanswered attempt gives up its slot, and its endpoint counts as failing. */
export const WEBHOOK_GRACE_MS = 1000;
/** Unanswered attempts that a process awaits beside its slots: each costs a socket and the body it was sent. */
export const MAX_WEBHOOKS_WAITED_FOR = 256;
/** Bytes of its answer that are kept for people to read. */
export const WEBHOOK_RESPONSE_BYTES = 2048;
/** Webhook attempts at once to endpoints that work; they mostly wait for the endpoints. */
export const WORKING_WEBHOOKS = 32;
/** To endpoints that fail, each attempt of which holds a slot for the whole timeout. */
export const FAILING_WEBHOOKS = 32;
/** Of those, to one endpoint: enough to see that it works again. */
export const FAILING_AT_ONCE = 2;
/** Jobs at once that only the database works on: more would only wait inside it. */
export const LOCAL_JOBS = 8;
/** Pods at once whose queued copies are delivered, each with what one group commit takes: more would only wait for the commits before. */
export const PODS_DELIVERED = 4;
/** Pods at once whose scheduled drafts are sent, one draft of each at a time: the rest of the connections stay free for requests. */
export const PODS_WITH_DRAFTS = 2;
/** Domains checked at once: each mostly waits for some ten answers of name servers. */
export const DOMAINS_CHECKED = 4;
/** Key pairs of domains made at once in a process: one tenant alone gets half of them, and the rest of Node's threads stay free. */
export const MAX_DKIM_KEYS_AT_ONCE = 2;
/** Orders for such keys that wait for one tenant: 100 ms for each before it, and the official client waits a minute. */
export const MAX_DKIM_ORDERS_QUEUED = 200;
/** Passwords hashed at once in a process: 40 ms of a thread and 16 MB each. */
export const MAX_PASSWORDS_HASHED_AT_ONCE = 2;
/** Passwords that wait for one tenant: 40 ms for each before it. */
export const MAX_PASSWORDS_QUEUED = 200;
/** Pods at once whose mail for other servers is being sent, each with a batch of some megabytes in memory. */
export const PODS_SENT = 16;
/** Milliseconds without an attempt that ends after which a turn goes on without its slow peers. */
export const OUTBOUND_GRACE_MS = 1000;
/** Milliseconds that attempts under way have to end when the process stops, twice: once by themselves, once broken off. */
export const OUTBOUND_DRAIN_MS = 2000;
/** Milliseconds between two prolongations of leases: three in the time of one, so that two may fail. */
export const LEASE_RENEWAL_MS = 40_000;
/** Attempts recorded in one transaction. */
export const MAX_RECORDED = 256;
/** Milliseconds until what could not be recorded is recorded again. */
export const RECORD_RETRY_MS = 1000;
/** Milliseconds until a message whose bytes are missing is tried again: somebody may restore them. */
export const MISSING_BYTES_MS = 3_600_000;
/** Milliseconds for which a destination is not tried when it could not be reached, at first and at most. */
export const OUTAGE_MS = 60_000;
export const OUTAGE_MOST_MS = 900_000;
/** Such destinations that a process remembers: about 200 bytes each. */
export const MAX_OUTAGES = 10_000;
/** Connections at once to a smarthost: what common ones allow one client. */
export const RELAY_CONNECTIONS = 20;
/** How long the index of mail pauses after a turn, as a multiple of it: while mail arrives it takes a sixth of one connection's time, in a flood of mail a twentieth, otherwise two thirds. */
export const INDEX_PAUSE_BESIDE_MAIL = 5;
export const INDEX_PAUSE_IN_FLOOD = 19;
export const INDEX_PAUSE = 0.5;
/** Milliseconds that it pauses at most. */
export const INDEX_PAUSE_MOST_MS = 10_000;
/** Mail arrives when the newest to be indexed is no older than this, milliseconds: two looks. */
export const ARRIVING_MS = 2000;

/** Documents whose text is taken out at once: each keeps the one thread for them busy. */
export const MAX_DOCUMENTS_AT_ONCE = 1;
/** Of one pod that wait for that: a minute at the worst, after which its attachments are answered without their text. */
export const MAX_DOCUMENTS_QUEUED = 6;
