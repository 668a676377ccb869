export type { Attachment } from "../attachment.ts";
export { type Batch, batchGetMessages } from "./batch-get.ts";
export { sweepBlobs } from "./blob-store.ts";
export { deleteMessage } from "./delete.ts";
export { type DeliverParts, deliverOutbound } from "./deliver-outbound.ts";
export { type Download, type DownloadParts, openDownload } from "./download.ts";
export { forwardMessage } from "./forward.ts";
export { getMessage } from "./get.ts";
export { type AttachmentFile, getAttachment, getRawMessage, linkToAttachment } from "./get-file.ts";
export { lockLabels, saveLabels } from "./label-store.ts";
export { changedLabels, checkLabelChange, type LabelChange } from "./labels.ts";
export { type ListMessages, listMessages } from "./list.ts";
export type { FullMessage, Message } from "./message.ts";
export { sweepDeliveries } from "./outbound-store.ts";
export type { Outgoing, OutgoingAttachment } from "./outgoing.ts";
export {
  findFullMessage,
  listThreadMessages,
  type MailFilter,
} from "./read-store.ts";
export { createReceiver } from "./receive.ts";
export type { IncomingMail, Receiver, Recipient } from "./receiver.ts";
export { replyAllToMessage, replyToMessage } from "./reply.ts";
export { sendMessage } from "./send.ts";
export { batchUpdateMessages, type Labelled, updateMessage } from "./update-labels.ts";
export { hiddenLabels, type Included, mayRead } from "./visibility.ts";
