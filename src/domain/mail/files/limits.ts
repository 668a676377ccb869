/** Bounds of files: each with its unit, and why it is that and not another. */

/** Files of an organization, those without bytes as well: the vendor's number (contract 8.2). Adding up as many takes a create some milliseconds. */
export const MAX_FILES = 10_000;
/** Bytes of all of them, as their creators say: the vendor's. */
export const MAX_FILES_BYTES = 1024 * 1024 * 1024;
/** Bytes of one: what comes in within the five minutes that a request may take, at 0.9 MB a second. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Bytes of a path in UTF-8: as those of object stores. */
export const MAX_PATH_BYTES = 1024;
/** Characters of a media type: two names of 127 each (RFC 6838 section 4.2), and parameters. */
export const MAX_CONTENT_TYPE_LENGTH = 512;
/** Bytes of a piece: what an upload or a download holds at a time. A piece more is a statement and a row more. */
export const FILE_PIECE_BYTES = 1024 * 1024;
/** Seconds that a link to upload by is valid: the vendor's. */
export const UPLOAD_SECONDS = 3600;
/** Hours until a file that was not completed is absent: the vendor's. */
export const PENDING_HOURS = 24;
/** Files on a page when the caller names no number, and at most: the vendor's. */
export const DEFAULT_FILES_PAGE = 100;
export const MAX_FILES_PAGE = 500;
/** The last moment that a file may expire at: years behind it have five digits, which times in the API do not. */
export const LAST_EXPIRY = new Date("9999-12-31T23:59:59Z");
/** Downloads of files under way by URLs of sends in one process: each holds the files of a whole message. */
export const MAX_OWN_FILES_AT_ONCE = 32;
