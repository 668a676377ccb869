/** Bounds of pods and of their end. */

/** Pods that a job looks at, and closes, in one transaction when their grace is over: a fleet's worth of tenants that left on one day. */
export const MAX_PODS_CLOSED = 1000;
/** Closed pods deleted whole in one transaction. */
export const ERASED_PODS = 100;
/** Rows of closed pods deleted in one transaction: a tenth of a second, after which others have the database. */
export const ERASE_BATCH = 2000;
/** Such transactions in one job, which then lets other jobs have its place: a few seconds. */
export const MAX_ERASE_BATCHES = 20;
/** Pods in one list without pages, which is written as it is read: 290 MB, and no client in JavaScript holds a text of twice that. */
export const MAX_PODS_LISTED = 1_000_000;
