/** Bounds of aliases. */

/** Addresses of an inbox beside its own; who wants more makes it a catch-all. */
export const MAX_ALIASES = 100;
