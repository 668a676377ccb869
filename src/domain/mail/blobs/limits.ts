/** Bounds of stored bytes. */

/** Seconds a download link works (contract 9.7: about an hour). */
export const DOWNLOAD_SECONDS = 3600;
/** Bytes of one piece in which stored bytes are read: few round trips for a large mail, and a few megabytes of heap. */
export const BLOB_PIECE_BYTES = 2 * 1024 * 1024;
