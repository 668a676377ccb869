/** Making list entries: the rules and the statements, for one as for a thousand of one inbox, pod or organization. */
import { isHeaderSafe, isPattern } from "../../../protocols/address/index.ts";
import { lockOwners } from "../../door/access/index.ts";
import { failed, found, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { canonicalEntry } from "./entry.ts";
import { MAX_LIST_ENTRIES } from "./limits.ts";
import type { List, ListEntry, ListOwner } from "./list-entry.ts";
import { type NamedEntry, requireList } from "./owner.ts";
import { countEntries, findEntries, insertEntries } from "./store.ts";

export interface CreateListEntry extends NamedEntry {
  readonly reason?: string;
}

export interface ListEntryPlan extends List {
  readonly entry: string;
  readonly reason: string | null;
}

/** What follows from the input alone. @throws Failure object.not_found for the list, input.invalid for what is to be on it */
export const planListEntry = (input: CreateListEntry): ListEntryPlan => ({
  ...requireList(input),
  entry: checkEntry(input.entry),
  reason: checkReason(input.reason ?? "") || null,
});

/** A pattern would block nobody, and nobody would notice. */
function checkEntry(given: string): string {
  const entry = isPattern(given) ? null : canonicalEntry(given);
  if (entry === null)
    throw invalid(
      ["entry"],
      says`${field("entry")} must be an email address or a domain name`,
      "Write user@example.com without a display name, or example.com, without a wildcard, for all of its addresses.",
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

const full = (): Failure =>
  fail("limit.exceeded", {
    message: "List entry limit exceeded",
    hint: "Delete entries that are no longer wanted, or list a domain in place of its addresses.",
    limit: { resource: "list entry", count: MAX_LIST_ENTRIES },
  });

const listKey = ({ direction, listType }: List): string => `${direction} ${listType}`;
const keyOf = (on: List & { readonly entry: string }): string => `${listKey(on)} ${on.entry}`;
const byKey = (entries: readonly ListEntry[]): Map<string, ListEntry> =>
  new Map(entries.map((entry) => [keyOf(entry), entry]));

/** Puts entries on lists of the owner, or finds those that are on them. @returns an outcome for each plan */
export async function makeListEntries(
  context: Context,
  owner: ListOwner,
  plans: readonly ListEntryPlan[],
): Promise<Outcome<ListEntry>[]> {
  const { tx, scope, now } = context;
  // Pipelined, and run in this order: nobody adds to what is counted until this transaction ends.
  const [, there, counted] = await Promise.all([
    lockOwners(tx, scope, [owner]),
    findEntries(tx, scope, owner, plans),
    countEntries(tx, scope, owner, plans),
  ]);
  const known = byKey(there);
  const counts = new Map(counted.map((list) => [listKey(list), list.count]));
  const outcomes = plans.map((plan): Outcome<ListEntry> => {
    const same = known.get(keyOf(plan));
    if (same !== undefined) return found(same);
    const count = counts.get(listKey(plan)) ?? 0;
    if (count >= MAX_LIST_ENTRIES) return failed(full());
    counts.set(listKey(plan), count + 1);
    const { organizationId } = scope;
    const entry: ListEntry = {
      ...{ ...plan, ...owner, id: context.newId(), organizationId, createdAt: now },
      isReadOnly: false,
    };
    known.set(keyOf(plan), entry);
    return made(entry);
  });
  await insertEntries(tx, scope, thingsMade(outcomes));
  return outcomes;
}
