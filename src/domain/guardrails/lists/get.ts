import { operation } from "../../door/operation.ts";
import type { ListEntry } from "./list-entry.ts";
import { type NamedEntry, noEntry, ownerOf, requireNamedEntry } from "./owner.ts";
import { findEntry } from "./store.ts";

/** One entry of a list of exactly the target, by the address or domain itself, however it is written. */
export const getListEntry = operation({
  name: "list_entry.get",
  needs: ["list_entry_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: (input: NamedEntry) => requireNamedEntry(input),
  async run(context, named): Promise<ListEntry> {
    const found = await findEntry(context.tx, context.scope, ownerOf(context), named);
    if (found === null) throw noEntry();
    return found;
  },
});
