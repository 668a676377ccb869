export { addWords } from "./add-words.ts";
export { changeInboxes, checkChange, type InboxChange, type SaidOfInbox } from "./change.ts";
export { createInbox, type NewInbox } from "./create.ts";
export { deleteInbox } from "./delete.ts";
export { getInbox } from "./get.ts";
export type { Inbox, Metadata } from "./inbox.ts";
export { findLeftovers } from "./leftover.ts";
export { listInboxes } from "./list.ts";
export { makeInboxes } from "./make.ts";
export { findDomainsInUse, listInboxesByOffset, type OffsetPage, type StatusFilter } from "./offset-store.ts";
export { pauseInbox, resumeInbox } from "./pause.ts";
export { type CreateInbox, type InboxPlan, planInbox } from "./plan.ts";
export { enqueueRanking, rankTurn } from "./rank.ts";
export { type SearchInboxes, searchInboxes } from "./search.ts";
export { signIn } from "./sign-in.ts";
export {
  findInboxAddress,
  findInboxAddresses,
  findInboxes,
  findInboxesByAddress,
  findInboxesOfPods,
  findPodsOfAddresses,
} from "./store.ts";
export { updateInbox } from "./update.ts";
export { isOperators, isWithheld } from "./username.ts";
