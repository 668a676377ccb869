import { askedWordsOf } from "../../../protocols/search/index.ts";
import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Inbox } from "./inbox.ts";
import { MAX_INBOX_QUERY_WORDS } from "./limits.ts";
import { findInboxesByAddress } from "./store.ts";
import { findByWords } from "./words-store.ts";

export interface SearchInboxes {
  readonly query: string;
  readonly page: Pick<PageRequest, "size" | "after">;
}

/** After the inbox with the very address, and before all others. */
const first = { timestamp: new Date("9999-12-31T00:00:00.000Z"), id: "ffffffff-ffff-ffff-ffff-ffffffffffff" };

/**
 * Inboxes of the target whose address or display name has, for every word of the query, a word that begins with it: the one with the very
 * address first, then the newest (contract 7.5).
 */
export const searchInboxes = operation({
  name: "inbox.search",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  check: ({ query, page }: SearchInboxes) => ({
    beginnings: askedWordsOf(query, MAX_INBOX_QUERY_WORDS),
    // PostgreSQL takes no NUL, and no address has one.
    address: query.replaceAll("\0", " ").trim().toLowerCase(),
    page: { ...page, ascending: false },
  }),
  async run({ tx, scope }, { beginnings, address, page }): Promise<Page<Inbox>> {
    const isFirstPage = page.after === null;
    const exact = isFirstPage ? (await findInboxesByAddress(tx, scope, address)).filter(isIn(scope)) : [];
    const rest = { ...page, size: page.size - exact.length };
    const found = await findByWords(tx, scope, beginnings, address, rest);
    const { items, next } = pageOf(found, rest, ({ createdAt, id }) => [createdAt, id]);
    const isFilled = items.length === 0 && found.length > 0;
    return { items: [...exact, ...items], next: isFilled ? [first.timestamp, first.id] : next };
  },
});

/** Those of other pods are not searched, though a key of the organization may see them. */
const isIn =
  ({ podId, inboxId }: { readonly podId: string | null; readonly inboxId: string | null }) =>
  (inbox: Inbox): boolean =>
    (podId === null || inbox.podId === podId) && (inboxId === null || inbox.id === inboxId);
