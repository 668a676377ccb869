export { type Place, placeOf } from "./answered.ts";
export { checkHops } from "./hops.ts";
export type { JudgeMail } from "./judge.ts";
export { createPostmaster, isRole } from "./postmaster.ts";
export { createReceiver } from "./receive.ts";
export type { IncomingMail, Received, Receiver, Recipient } from "./receiver.ts";
