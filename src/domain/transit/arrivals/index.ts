export { createPostmaster } from "./postmaster.ts";
export { createReceiver } from "./receive.ts";
export type { IncomingMail, Receiver, Recipient } from "./receiver.ts";
