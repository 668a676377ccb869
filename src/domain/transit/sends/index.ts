export { forwardMessage } from "./forward.ts";
export type { Outgoing, OutgoingAttachment } from "./outgoing.ts";
export { replyAllToMessage, replyToMessage } from "./reply.ts";
export { sendMessage } from "./send.ts";
