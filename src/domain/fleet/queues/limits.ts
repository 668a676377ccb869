/** Bounds of the look at what waits. */

/** Milliseconds that counting all that waits may take: five times what a million rows took, and below what a scrape waits for. */
export const QUEUE_DEPTHS_MS = 5000;
