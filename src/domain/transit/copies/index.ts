export { delivered, deliveredEvent, type SentCopies, settleDelivered } from "./delivered.ts";
export { domainOf, type QueuedFor, queuedFor } from "./domain.ts";
export {
  type CopyElsewhere,
  findWays,
  insertOutboundDeliveries,
  queueElsewhere,
  type SettledCopy,
  settleDeliveries,
  type Ways,
} from "./store.ts";
