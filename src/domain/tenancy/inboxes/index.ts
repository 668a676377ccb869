export { type CreateInbox, createInbox } from "./create.ts";
export { deleteInbox } from "./delete.ts";
export { getInbox } from "./get.ts";
export type { Inbox, Metadata } from "./inbox.ts";
export { listInboxes } from "./list.ts";
export { findInboxAddress } from "./store.ts";
export { type UpdateInbox, updateInbox } from "./update.ts";
