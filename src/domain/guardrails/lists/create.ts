import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import type { ListEntry } from "./list-entry.ts";
import { type CreateListEntry, makeListEntries, planListEntry } from "./make.ts";
import { ownerOf } from "./owner.ts";

/** Puts an address or a domain on a list of the target. One that is on it already is the answer as it is (contract (c) 21). */
export const createListEntry = operation({
  name: "list_entry.create",
  needs: ["list_entry_create"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "limit.exceeded"],
  check: (input: CreateListEntry) => planListEntry(input),
  async run(context, plan): Promise<ListEntry> {
    const entry = single(await makeListEntries(context, ownerOf(context), [plan]));
    context.target(entry.entry);
    return entry;
  },
});
