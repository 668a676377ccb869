/** Bounds of stored bytes. */

/** Seconds a download link works (contract 9.7: about an hour). */
export const DOWNLOAD_SECONDS = 3600;
/** Bytes of one piece in which stored bytes are read: taking it in is two milliseconds of the event loop. */
export const BLOB_PIECE_BYTES = 256 * 1024;
/** Bytes from which on a value is stored by a statement of its own. */
export const LARGE_BLOB_BYTES = 2 * 1024 * 1024;
/** Times that a document which takes longer is tried in all, at how many seconds apart: a machine under load has a quiet moment, and one made to be slow costs a thread little. */
export const MAX_DOCUMENT_ATTEMPTS = 5;
export const DOCUMENT_RETRY_SECONDS = 600;
