/** Inputs of lists that ask for everything, for tests to narrow: `{ ...allMessages, subject: ["x"] }`. */
import type { PageRequest } from "../../src/domain/door/cursor.ts";
import type { ListMessages } from "../../src/domain/mail/messages/index.ts";
import type { ListThreads } from "../../src/domain/mail/threads/index.ts";
import type { ListDrafts } from "../../src/domain/transit/drafts/index.ts";

export const firstPage: PageRequest = { size: 100, after: null, ascending: false };

const allMail = { page: firstPage, included: {}, labels: [], before: null, after: null, subject: [] };

/** All but what restricted labels hide. */
export const allMessages: ListMessages = { ...allMail, from: [], to: [] };
export const allThreads: ListThreads = { ...allMail, senders: [], recipients: [] };
export const allDrafts: ListDrafts = { page: firstPage, labels: [], before: null, after: null };
