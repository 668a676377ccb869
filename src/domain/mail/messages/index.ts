export type { Attachment } from "../attachments/attachment.ts";
export { type Batch, batchGetMessages } from "./batch-get.ts";
export { sweepBlobs } from "../blobs/store.ts";
export { deleteMessage } from "./delete.ts";
export { type DeliverParts, deliverOutbound } from "../../transit/deliveries/deliver.ts";
export { type Download, type DownloadFile, type DownloadParts, openDownload } from "../blobs/download.ts";
export { forwardMessage } from "../../transit/sends/forward.ts";
export { getMessage } from "./get.ts";
export { type AttachmentFile, getAttachment, getRawMessage, linkToAttachment } from "./get-file.ts";
export { lockLabels, saveLabels } from "../labels/store.ts";
export { changedLabels, checkLabelChange, type LabelChange } from "../labels/label-change.ts";
export { type ListMessages, listMessages } from "./list.ts";
export type { FullMessage, Message } from "./message.ts";
export { sweepDeliveries } from "../../transit/deliveries/store.ts";
export type { Outgoing, OutgoingAttachment } from "../../transit/sends/outgoing.ts";
export {
  findFullMessage,
  listThreadMessages,
  type MailFilter,
} from "./read-store.ts";
export { createReceiver } from "../../transit/arrivals/receive.ts";
export type { IncomingMail, Receiver, Recipient } from "../../transit/arrivals/receiver.ts";
export { replyAllToMessage, replyToMessage } from "../../transit/sends/reply.ts";
export { sendMessage } from "../../transit/sends/send.ts";
export { batchUpdateMessages, type Labelled, updateMessage } from "./update-labels.ts";
export { hiddenLabels, type Included, mayRead } from "../labels/visibility.ts";
