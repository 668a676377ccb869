/** Bounds of fleets: each with its unit, and why it is that and not another. */

/** Tenants of one document: what is measured in docs/benchmarks.md. */
export const MAX_FLEET_TENANTS = 100_000;
/** Things that are wrong with one document, as far as they are said: what a screen or two hold. */
export const MAX_FLEET_PROBLEMS = 50;
/** Names that one which nobody has is held against, to say what was meant. */
export const MAX_FLEET_NAMES = 1000;
/** Slugs that one request names, to plan, apply or remove these alone. */
export const MAX_FLEET_SLUGS = 1000;
/**
 * Tenants compared or applied in one transaction while others have work as well: building a statement for 250 takes the event loop for 30 ms in one piece, and
 * PostgreSQL works on it as long. With 50 the p99 of a neighbour is twice what it is alone. What a plan says is kept for so many.
 */
export const FLEET_BATCH = 16;
/** Batches in one transaction while nobody else has work: done again, with nothing to do, a tenant costs two thirds of what it costs in a transaction of 50. */
export const FLEET_BATCHES_ALONE = 15;
/** Tenants of a document stored in one transaction. */
export const FLEET_STORE_BATCH = 2000;
/** What they weigh at most (`pieceOf`), some characters of JSON: writing a statement of so many takes the event loop some milliseconds. */
export const FLEET_STORE_WEIGHT = 512 * 1024;
/** Hours that a plan can be applied: a night, and the approval in the morning. */
export const FLEET_PLAN_HOURS = 24;
/** Plans of one organization that are kept: those of a day's work. */
export const MAX_FLEET_PLANS = 20;
/** Tenants that a prune removes unless the request says more: a tenth of the fleet, or so many. */
export const FLEET_REMOVAL_SHARE = 0.1;
export const FLEET_REMOVAL_LEAST = 10;
/** Days between suspension and deletion when nobody says more: a month's invoice. */
export const FLEET_GRACE_DAYS = 30;
/** Inboxes and webhooks beyond the document that a batch reports: enough to see that there are some. */
export const MAX_FLEET_EXTRAS = 1000;
/** Keys of the wanted names that a batch looks at. A name is used once by the fleet, and rarely by others. */
export const MAX_FLEET_KEYS = 50_000;
