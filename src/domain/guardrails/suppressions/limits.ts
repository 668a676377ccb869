/** Bounds of suppressions. */

/** Suppressed addresses of one pod that callers may bring it to, and of one request: a list that was kept elsewhere for years. What bounces adds to them is bounded by what is sent. */
export const MAX_SUPPRESSIONS = 500_000;
export const MAX_SUPPRESSIONS_AT_ONCE = 1000;
