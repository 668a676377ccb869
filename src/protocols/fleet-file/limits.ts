/** Bounds of a fleet, each with its unit and reason. */

/** Tenants of one document: what is measured in docs/benchmarks.md. Who has more keeps a file for each region or product. */
export const MAX_TENANTS = 100_000;
/** Pods, inboxes, keys and webhooks of one document: ten for each of as many tenants. */
export const MAX_OBJECTS = 10 * MAX_TENANTS;
/** Inboxes of one tenant: roles, which people name. */
export const MAX_INBOXES = 100;
/** Keys of one pod or inbox: one for each program that uses it. */
export const MAX_KEYS = 20;
/** Webhooks of one tenant: as many as a pod may have. */
export const MAX_WEBHOOKS = 100;
/** Rules that one tenant names: as many as a pod may have attached. */
export const MAX_RULES = 1000;
/** Policies, rules and lists that a document declares: those that people write by hand. */
export const MAX_DECLARED = 1000;
/** Values of one list: as many as a value list may have. */
export const MAX_LIST_ITEMS = 100_000;
/** Characters of a slug, of a role and of the name of a webhook: they become a client_id. */
export const MAX_SLUG_LENGTH = 256;
/** Characters of names that people read. */
export const MAX_NAME_LENGTH = 256;
/** Keys of an inbox's metadata, and characters of a key or a text in it. */
export const MAX_METADATA_KEYS = 256;
export const MAX_METADATA_LENGTH = 256;
/** Days that a removed tenant's mail is kept when the document says nothing: a month's invoice. */
export const DEFAULT_GRACE_DAYS = 30;
/** Longest such time: ten years, which retention rules ask for. */
export const MAX_GRACE_DAYS = 3650;
/** Problems of one document that are reported: more are counted, as one mistake often causes thousands. */
export const MAX_PROBLEMS = 50;
