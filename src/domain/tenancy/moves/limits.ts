/** Bounds of inboxes that move to another pod. */

/** Messages, events or other rows of an inbox moved to another pod in one transaction: a second or less, during which their threads are locked. */
export const MOVE_BATCH = 1000;
/** Bytes of mail moved in one transaction, or one thread: the database copies them. */
export const MOVE_BATCH_BYTES = 64 * 1024 * 1024;
/** Such transactions in one job, which then lets other jobs have its place. */
export const MAX_MOVE_BATCHES = 20;
/** Milliseconds for which a webhook delivery that moves is not due: longer than an attempt under way may take. */
export const MOVED_DELIVERY_MS = 20_000;
/** Inboxes that one request assigns to a pod, and that it takes out of it (nylas 2.1). */
export const MAX_ASSIGNED = 500;
/** Inboxes looked at, or moved, in one transaction of a job that groups them or empties a pod. */
export const MOVED_INBOXES = 200;
/** Milliseconds between two groupings of an organization's inboxes by domain (nylas 1.8). */
export const GROUPING_INTERVAL_MS = 60_000;
