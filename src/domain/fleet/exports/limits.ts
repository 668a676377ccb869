/** Bounds of exports. */

/** Objects, and messages or pieces of files, of an export read in one transaction. */
export const EXPORT_OBJECTS = 1000;
export const EXPORT_MESSAGES = 200;
/** Bytes of those messages or pieces, or one of them: all are in memory. */
export const EXPORT_BYTES = 8 * 1024 * 1024;
