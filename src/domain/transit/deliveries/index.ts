export { type DeliverParts, deliverQueued } from "./deliver.ts";
export { createCopiesForward, podsWithQueued } from "./due.ts";
export { sweepDeliveries } from "./sweep.ts";
