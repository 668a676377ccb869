/** Bounds of value lists. */

/** Value lists of an organization, and values on one: each is a row, looked up by index. */
export const MAX_VALUE_LISTS = 1000;
export const MAX_VALUE_LIST_ITEMS = 100_000;
/** Values added or removed in one request (nylas 4.4). */
export const MAX_LIST_ITEMS_REQUEST = 1000;
