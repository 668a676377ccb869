/** Bounds of labels. */

/** Threads of an inbox, newest first, in whose labels a folder that a rule names is looked for. */
export const MAX_FOLDER_THREADS = 1000;
/** Messages or threads that are read for one page of those in which a text stands, after which it ends with what was found: 1 to 4 µs each. */
export const ROWS_NARROWED = 100_000;
