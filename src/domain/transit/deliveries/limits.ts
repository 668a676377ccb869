/** Bounds of deliveries to inboxes here. */
import { MAX_INGEST_GROUP, MAX_SHARED_COPIES } from "../../limits.ts";

/** Messages of one pod delivered to inboxes here at once: what one group commit takes. */
export const MAX_DELIVERY_BATCH = MAX_INGEST_GROUP;
/** The same while other tenants have work: they are prepared in one turn of the event loop, some 0.2 ms each. */
export const MAX_SHARED_DELIVERY_BATCH = 2 * MAX_SHARED_COPIES;
/** Bytes of those together, or one message: all are in memory. */
export const MAX_DELIVERY_BATCH_BYTES = 16 * 1024 * 1024;
