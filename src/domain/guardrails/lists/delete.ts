import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { type NamedEntry, noEntry, ownerOf, requireNamedEntry } from "./owner.ts";
import { deleteEntry, findEntry } from "./store.ts";

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
    const { tx, scope } = context;
    const owner = ownerOf(context);
    if (await deleteEntry(tx, scope, owner, named)) return;
    throw (await findEntry(tx, scope, owner, named)) === null ? noEntry() : readOnly();
  },
});

const readOnly = () =>
  fail("scope.forbidden", {
    message: "The list entry is read-only",
    hint: "Its recipient asked for no more mail of this inbox.",
  });
