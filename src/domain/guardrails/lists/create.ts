import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_LIST_ENTRIES, MAX_NAME_LENGTH } from "../../limits.ts";
import { canonicalEntry } from "./entry.ts";
import { homeOf, type NamedEntry, requireList } from "./home.ts";
import type { ListEntry } from "./list-entry.ts";
import { countEntries, findEntry, insertEntry } from "./store.ts";

export interface CreateListEntry extends NamedEntry {
  readonly reason?: string;
}

function checkEntry(given: string): string {
  const entry = canonicalEntry(given);
  if (entry === null)
    throw invalid(
      ["entry"],
      says`${field("entry")} must be an email address or a domain name`,
      "Write user@example.com without a display name, or example.com without a wildcard.",
    );
  return entry;
}

function checkReason(reason: string): string {
  if (reason.length > MAX_NAME_LENGTH || !isHeaderSafe(reason))
    throw invalid(
      ["reason"],
      says`${field("reason")} must have at most ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return reason;
}

/** Puts an address or a domain on a list of the target. One that is on it already is the answer as it is (contract (c) 21). */
export const createListEntry = operation({
  name: "list_entry.create",
  needs: ["list_entry_create"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "limit.exceeded"],
  check: (input: CreateListEntry) => ({
    ...requireList(input),
    entry: checkEntry(input.entry),
    reason: checkReason(input.reason ?? "") || null,
  }),
  async run(context, { reason, ...named }): Promise<ListEntry> {
    const { tx, scope, now } = context;
    const home = homeOf(context);
    const entry: ListEntry = {
      ...named,
      ...home,
      id: context.newId(),
      organizationId: scope.organizationId,
      reason,
      createdAt: now,
    };
    context.target(entry.entry);
    const found = await findEntry(tx, scope, home, named);
    if (found !== null) return found;
    if ((await countEntries(tx, scope, home, named, MAX_LIST_ENTRIES)) >= MAX_LIST_ENTRIES)
      throw fail("limit.exceeded", {
        message: "List entry limit exceeded",
        hint: "Delete entries that are no longer wanted, or list a domain in place of its addresses.",
        limit: { resource: "list entry", count: MAX_LIST_ENTRIES },
      });
    if (await insertEntry(tx, scope, entry)) return entry;
    const winner = await findEntry(tx, scope, home, named);
    if (winner === null) throw new Error("an entry that could not be inserted is not there");
    return winner;
  },
});
