/** Bounds of batches of tenants. */

/** Tenants made in one transaction: a larger batch is hardly faster, holds its connection and its names longer, and loses more when it is interrupted. */
export const MAX_FLEET_BATCH = 1000;
/** Pods, inboxes, keys and webhooks of such a batch: twice what a thousand tenants with two inboxes, four keys and a webhook have. One statement carries all of a kind. */
export const MAX_FLEET_OBJECTS = 16_000;
