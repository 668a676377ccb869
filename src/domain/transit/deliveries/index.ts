export { type DeliverParts, deliverQueued } from "./deliver.ts";
export { podsWithQueued } from "./due.ts";
export { sweepDeliveries } from "./sweep.ts";
