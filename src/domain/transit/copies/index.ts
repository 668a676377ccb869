export { delivered, deliveredEvent, type SentCopies, settleDelivered } from "./delivered.ts";
export { insertOutboundDeliveries, type SettledCopy, settleDeliveries } from "./store.ts";
