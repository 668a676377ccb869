/** Bounds of retention. */
import { MAX_RATE_WINDOW_SECONDS, METRIC_DAYS } from "../../limits.ts";

/** Days that an expired key is kept, so that who still presents it learns that it has expired, and its name shows in lists. */
export const EXPIRED_KEY_DAYS = 30;
/** Messages deleted in one transaction when their time is over: their threads are locked, and their aggregates written anew. */
export const RETENTION_BATCH = 200;
/** Pods that one job looks at: each is a query of a fraction of a millisecond. */
export const PRUNE_PODS = 200;
/** Milliseconds between one pruning and the next: what a deleted inbox left is to be gone soon, and a look at every pod costs seconds of the database. */
export const PRUNE_INTERVAL_MS = 3_600_000;
/** Days that counts for rates are kept: those that metrics go back, and the longest window. */
export const OUTBOUND_COUNTS_DAYS = METRIC_DAYS + MAX_RATE_WINDOW_SECONDS / 86_400;
