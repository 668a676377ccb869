import { operation } from "../../door/operation.ts";
import { type NamedEntry, noEntry, ownerOf, requireNamedEntry } from "./owner.ts";
import { deleteEntry } from "./store.ts";

/** Takes an address or a domain off a list of exactly the target. */
export const deleteListEntry = operation({
  name: "list_entry.delete",
  needs: ["list_entry_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  check: (input: NamedEntry) => requireNamedEntry(input),
  async run(context, named): Promise<void> {
    context.target(named.entry);
    if (!(await deleteEntry(context.tx, context.scope, ownerOf(context), named))) throw noEntry();
  },
});
