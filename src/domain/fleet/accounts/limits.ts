/** Bounds of accounts. */

/** Minutes that an endpoint must have done nothing but fail before the inboxes it serves count as unhealthy: one that restarts is none. */
export const WEBHOOK_FAULT_MINUTES = 15;
/** Failing endpoints looked at for a page of accounts, whose pods have 100 at most each: what is beyond only adds to what is known. */
export const MAX_PAGE_FAULTS = 1000;
/** Pods that are paused, or endpoints that fail, which a list by status can tell apart: as many as it is built for accounts. */
export const MAX_FAULTY_OWNERS = 100_000;
/** Domains of its inboxes that a list by status asks about: one look-up of an index each. */
export const MAX_DOMAINS_IN_USE = 10_000;
