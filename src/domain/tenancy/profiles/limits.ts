/** Bounds of profiles. */

/** Callback URIs of one organization: one for each client of it, few enough to be answered whole. */
export const MAX_CALLBACK_URIS = 100;
/** Characters of a callback URI: what browsers take (RFC 9110 section 4.1 recommends 8000, but some end far below). */
export const MAX_CALLBACK_URL_LENGTH = 2048;
/** JSON of one object that is kept for a caller and given back, bytes: twenty texts of several hundred characters. */
export const MAX_KEPT_BYTES = 16_384;
