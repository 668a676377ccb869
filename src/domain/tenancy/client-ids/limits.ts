/** Bounds of client_ids. */

/** Characters of a client_id and of an Idempotency-Key (contract 5). */
export const MAX_CLIENT_ID_LENGTH = 256;
