export type { AttemptOutcome, TakenDelivery, TriedRecipient } from "./attempt.ts";
export { createOutboundLook, findMoved, renewOutbound } from "./due.ts";
export { abandoned, captured, judge } from "./judge.ts";
export type { Lease } from "./queue-store.ts";
export { type Judged, recordOutbound } from "./record.ts";
export { giveBackOutbound, type TakenDeliveries, takeOutbound } from "./take.ts";
