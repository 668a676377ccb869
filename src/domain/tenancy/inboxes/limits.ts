/** Bounds of inboxes. */

/** Characters of an inbox's state, which is the caller's own word (nylas 2.2). */
export const MAX_STATE_LENGTH = 256;
/** Characters of an app password (nylas 2.2): what clients of IMAP and submission can be given. */
export const MIN_APP_PASSWORD_LENGTH = 18;
export const MAX_APP_PASSWORD_LENGTH = 40;
/** Keys of an inbox's metadata, and characters of a key or text value (contract 7.5). */
export const MAX_METADATA_KEYS = 256;
export const MAX_METADATA_LENGTH = 256;
/** Milliseconds between two looks for organizations whose inboxes are to be counted anew: until then a page that is far behind takes longer. */
export const RANK_INTERVAL_MS = 15_000;
/** Of so many inboxes the place of one is kept: a page by offset skips as many entries of an index at most, 0.2 ms. */
export const RANK_STEP = 1000;
/** Milliseconds that counting one organization may take: 100,000 inboxes take 0.3 s. */
export const RANK_STATEMENT_MS = 60_000;
/** Words of an inbox's address and name that it is found by, and words of what is asked for. */
export const MAX_INBOX_WORDS = 32;
export const MAX_INBOX_QUERY_WORDS = 8;
/** Words of inboxes with one beginning that are looked up together: a millisecond or two. Beginnings that more have are asked of each inbox. */
export const MAX_WORDS_LOOKED_UP = 2000;
/** Inboxes that are given their words in one transaction. */
export const INBOXES_WORDED = 1000;
