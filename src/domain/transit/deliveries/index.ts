export { type DeliverParts, deferOutbound, deliverOutbound, type OutboundKey } from "./deliver.ts";
export { insertOutboundDeliveries } from "./store.ts";
export { sweepDeliveries } from "./sweep.ts";
