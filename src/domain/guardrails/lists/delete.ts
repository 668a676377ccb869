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
    const { tx, scope } = context;
    context.target(named.entry);
    const owner = ownerOf(context);
    if (await deleteEntry(tx, scope, owner, named)) return;
    throw (await findEntry(tx, scope, owner, named)) === null ? noEntry() : readOnly();
  },
});

const readOnly = (): Error =>
  fail("scope.forbidden", {
    message:
      "The entry is read-only: mail to the address came back or was complained of, or its recipient unsubscribed",
    hint: "It is a suppression of the pod. Delete it there once the address takes mail again.",
  });
