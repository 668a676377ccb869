/** Bounds of mail for other servers. */

/** Newest deliveries of an organization that are looked at for those to a domain or in a state, before each pod is asked: some 20 ms. */
export const DELIVERIES_LOOKED_AT = 10_000;
/** Domains that a look at the queue names, those with most waiting: more is no overview. */
export const MAX_QUEUE_DOMAINS = 1000;
/** Seconds from each attempt at another server to the next: soon after the first, as greylisting asks, then as RFC 5321 section 4.5.4.1 has it, until the message is given up after MAX_WAIT_FOR_INBOX_MS. */
export const OUTBOUND_RETRY_SECONDS: readonly number[] = [60, 300, 900, 3600, 14_400];
/** Milliseconds for which a process has a delivery to itself before it must say that it still works on it: how late what a killed one was sending is tried again. */
export const OUTBOUND_LEASE_MS = 120_000;
/** Deliveries to other servers taken at once, of one pod; and the bytes of those, or one message: all are in memory. */
export const MAX_OUTBOUND_BATCH = 64;
export const MAX_OUTBOUND_BATCH_BYTES = 4 * 1024 * 1024;
/** Due deliveries of a pod that are looked at for such a batch, those that wait longest: a query of two milliseconds. */
export const OUTBOUND_WINDOW = 256;
/** Domains looked at, one found from the other, when all of those may have no more now. */
export const MAX_DOMAINS_LOOKED_AT = 500;
/** Characters of another server's reply that are kept: five lines of 80, and a server may send a megabyte. */
export const MAX_REPLY_LENGTH = 400;
/** Rates of bounces and complaints: over how many milliseconds, from how many recipients on, and what they lead to (contract 8.2). */
export const RATE_WINDOW_MS = 24 * 3600 * 1000;
export const RATES_FROM_SENDS = 1000;
export const WARN_RATE = 0.05;
export const SUSPEND_RATE = 0.1;
/** The same of one inbox (nylas 4.5), from fewer recipients on, as an agent writes to fewer; a single complaint is no rate yet. */
export const INBOX_RATES_FROM_SENDS = 100;
export const INBOX_SUSPEND_COMPLAINT_RATE = 0.005;
export const INBOX_COMPLAINTS_FROM = 3;
/** Milliseconds after which an inbox's suspension ends by itself: the time that its rates are over. */
export const INBOX_SUSPENSION_MS = RATE_WINDOW_MS;
