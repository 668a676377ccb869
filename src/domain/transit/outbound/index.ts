export type { AttemptOutcome, TakenDelivery, TriedRecipient } from "./attempt.ts";
export { cancelDelivery } from "./cancel.ts";
export { captureOutbound } from "./capture.ts";
export { type Delivery, type DeliveryState, deliveryStates, type RecipientOutcome } from "./delivery.ts";
export { createOutboundForward, createOutboundLook, findMoved, renewOutbound } from "./due.ts";
export { getDelivery } from "./get.ts";
export { getStanding, type PodStanding, resumeSending } from "./good-standing.ts";
export { getInboxStanding, type InboxStanding, resumeInboxSending } from "./inbox-good-standing.ts";
export { findSuspendedSenders, type SuspendedSender } from "./inbox-standing-store.ts";
export {
  abandoned,
  type Bounce,
  bouncesOf,
  isHardBounce,
  type Judgement,
  judge,
  suppressedAll,
} from "./judge.ts";
export { type DeliveryQuery, listDeliveriesOf as listDeliveries } from "./list.ts";
export { getQueue, type Queue, type QueuedDomain } from "./queue.ts";
export type { Lease } from "./queue-store.ts";
export { getRates, type RatePoint, type RateType, rateTypes } from "./rates.ts";
export { holdSenders, type Judged, recordOutbound, suppressBounced } from "./record.ts";
export { addCounts } from "./record-store.ts";
export { retryDelivery } from "./retry.ts";
export { giveBackOutbound, type TakenDeliveries, takeOutbound } from "./take.ts";
