/** Bounds of how far a process's clock may be from the database's. */

/** Milliseconds of difference that an operator is told of: receivers of webhooks take signatures for five minutes. */
export const NOTABLE_CLOCK_MS = 60_000;
/**
 * Milliseconds with which a process does not start: a day is the shortest time for which anything is kept. What a process writes whose clock is further behind is
 * deleted before its time, and keys and links are refused by one whose clock is ahead.
 */
export const MOST_CLOCK_MS = 24 * 3_600_000;
