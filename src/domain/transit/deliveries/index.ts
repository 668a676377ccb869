export { type DeliverParts, deliverOutbound } from "./deliver.ts";
export { insertOutboundDeliveries, sweepDeliveries } from "./store.ts";
