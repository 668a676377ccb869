import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { deleteAliasRow } from "./store.ts";

/** Takes an address away from an inbox; mail to it is refused from then on. */
export const deleteAlias = operation({
  name: "alias.delete",
  needs: ["inbox_update"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ address }: { readonly address: string }) => address.toLowerCase(),
  async run(context, address): Promise<void> {
    context.target(address);
    if (await deleteAliasRow(context.tx, context.scope, context.inbox, address)) return;
    throw fail("object.not_found", {
      message: "Alias not found",
      hint: "List the aliases of the inbox to see those it has.",
    });
  },
});
