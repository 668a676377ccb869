/** Bounds of sends. */

/** Recipients of one message over to, cc and bcc (contract 9.1). */
export const MAX_RECIPIENTS = 50;
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
/** Characters of a header's value between two places where it may be folded: a line of its own has a blank before them. */
export const MAX_HEADER_WORD_LENGTH = MAX_HEADER_VALUE_LENGTH - 1;
/**
 * App passwords compared at once of clients of one standing: each takes some 40 ms of one of the four threads
 * that Node has for such work, a core of which the event loop and PostgreSQL would have the use, and 16 MB.
 */
export const SIGN_INS_AT_ONCE = 1;
/** Of one network that wait for that; more are told to come again. */
export const MAX_SIGN_INS_QUEUED = 50;
/** How many times as long as a wrong password took nobody's of the same standing is compared, but of clients that signed in of late: all who guess together have a quarter of a core, or two. */
export const REST_AFTER_WRONG = 3;
/** Large mails that one inbox submits and that wait for their turn: more than its connections. */
export const MAX_LARGE_SUBMISSIONS_QUEUED = 100;
/** Milliseconds in which the messages that an inbox sends in one thread are counted (ROOKERY_THREAD_SENDS_PER_HOUR). */
export const THREAD_PACE_MS = 3_600_000;
/** Of those, after which a bounce or the answer of a program is not answered any more: a person is not there, and a program answers again. */
export const MAX_SENDS_AFTER_AUTOMATIC = 3;
