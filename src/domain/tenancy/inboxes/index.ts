export { createInbox } from "./create.ts";
export { deleteInbox } from "./delete.ts";
export { getInbox } from "./get.ts";
export type { Inbox, Metadata } from "./inbox.ts";
export { listInboxes } from "./list.ts";
export { makeInboxes } from "./make.ts";
export { type CreateInbox, type InboxPlan, planInbox } from "./plan.ts";
export { findInboxAddress, findInboxAddresses } from "./store.ts";
export { type UpdateInbox, updateInbox } from "./update.ts";
