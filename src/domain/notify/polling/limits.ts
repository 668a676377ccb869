/** Bounds of events that are polled. */

/** Subscriptions that are polled: of one inbox, of one pod beside those, and of the organization beside its pods (agentmail-newest 5.6). */
export const MAX_POLLING_WEBHOOKS = 10;
