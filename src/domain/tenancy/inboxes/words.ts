/** The words that an inbox is found by: those of its address and its display name. */
import { wordsOf } from "../../../protocols/search/index.ts";
import type { Inbox } from "./inbox.ts";
import { MAX_INBOX_WORDS } from "./limits.ts";

export const wordsOfInbox = ({ address, displayName }: Pick<Inbox, "address" | "displayName">): string[] =>
  wordsOf(`${address} ${displayName ?? ""}`, MAX_INBOX_WORDS);
