/** Bounds of searches and of the index of mail: each with its unit, and why it is that and not another. */

/** Hits that are put in the order of relevance together, the newest: the words and the labels of each are read, 25 µs. Behind them come the next. */
export const MAX_RANKED_HITS = 200;
/** Milliseconds after which a page of results ends where the search has come to: ten times what one takes among a million messages. */
export const SEARCH_MS = 1000;
/** Milliseconds that one may take in all: the index of words takes some 200 for a million messages that have two common words, and cannot be broken off. */
export const SEARCH_STATEMENT_MS = 5000;
/** Messages not indexed yet that a search reads itself, the newest of its scope: 0.1 ms each. */
export const MAX_UNINDEXED_SCANNED = 200;
/** Characters of a message's text, and of the HTML of one without, that are searched: a hundred times an ordinary mail. */
export const MAX_SEARCHED_CHARACTERS = 64 * 1024;
export const MAX_SEARCHED_HTML = 256 * 1024;
/** Recipients, and files, of a message that are searched, and characters of each. */
export const MAX_SEARCHED_NAMES = 200;
export const MAX_SEARCHED_NAME = 200;
/** Hits whose texts are in memory together. */
export const HIGHLIGHTED_AT_ONCE = 25;
/** Characters of messages that are taken apart in one turn of the event loop, or one message: a millisecond of ordinary mails. */
export const READ_AT_ONCE = 32 * 1024;
/** Messages indexed in one transaction: some 100 ms of the database, all of which are lost when the process is killed. */
export const INDEX_BATCH = 128;
/**
 * The same in a flood of mail, which there is when as many were stored within FLOOD_MS, milliseconds: more than 160 a second. Two cores index
 * some 110 mails of 750 words a second when they do nothing else: in a flood the index falls behind, whatever share it has, and costs ingest that
 * share. Few, so that the pause behind them is short.
 */
export const INDEX_BATCH_IN_FLOOD = 32;
export const FLOOD_MS = 200;
/** Pods that one such transaction takes messages of. */
export const INDEX_PODS = 64;
/** Milliseconds that it waits for a lock: that of a move, which holds its rows for a second. */
export const INDEX_LOCK_MS = 2000;
/** Milliseconds before a process's start of which it looks for mail that was not queued: a version that knows no queue runs that long beside it. */
export const MISSED_MAIL_MS = 24 * 3600 * 1000;
/** Milliseconds between the two looks, at a process's start and behind it, for what a version before this one left unindexed. */
export const MISSED_LOOK_MS = 3_600_000;
