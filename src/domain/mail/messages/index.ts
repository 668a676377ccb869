export { type Batch, batchGetMessages } from "./batch-get.ts";
export { deleteMessage } from "./delete.ts";
export { deleteMessageRows } from "./delete-store.ts";
export { getMessage, noMessage, requireMessage, requireMessageHead } from "./get.ts";
export { getAttachment, getRawMessage } from "./get-file.ts";
export { insertMessages, messagesByStatement, type NewMessage } from "./insert-store.ts";
export { type ListMessages, listMessages } from "./list.ts";
export { type FullMessage, type Message, type MessageRef, messageRefOf } from "./message.ts";
export {
  type FittingMessage,
  findFittingMessage,
  findMessages,
  listThreadMessages,
  type MailFilter,
} from "./read-store.ts";
export { batchUpdateMessages, type Labelled, updateMessage } from "./update-labels.ts";
