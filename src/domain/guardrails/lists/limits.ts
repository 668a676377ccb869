/** Bounds of allow and block lists. */

/** Entries of one list of one inbox, pod or organization: who has more lists domains. */
export const MAX_LIST_ENTRIES = 10_000;
