/** Bounds of API keys. */

/** Flags of one key's permission object: twice what the product has, so that a newer client's are still kept (contract 2.5). */
export const MAX_PERMISSION_FLAGS = 80;
/** Characters of one flag's name. The longest permission has 26. */
export const MAX_PERMISSION_NAME_LENGTH = 64;
/** Seconds for which a key that was replaced may go on working: a month, within which everything is deployed anew. */
export const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;
/** Names of keys, and tenants, that one request rotates the keys of: a document's names, and a batch of its tenants. */
export const MAX_ROTATED_NAMES = 100;
export const MAX_ROTATED_TENANTS = 1000;
/** Keys given new secrets in one transaction: some 50 ms, after which others have their turn and the caller its secrets. */
export const ROTATED_KEYS = 500;
