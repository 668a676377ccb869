export { type DeliverParts, deliverOutbound, enqueueBacklog, nextQueued } from "./deliver.ts";
export { insertOutboundDeliveries } from "./store.ts";
export { sweepDeliveries } from "./sweep.ts";
