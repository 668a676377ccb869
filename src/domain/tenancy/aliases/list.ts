import { operation } from "../../door/operation.ts";
import type { Alias } from "./alias.ts";
import { MAX_ALIASES } from "./limits.ts";
import { findAliases } from "./store.ts";

/** All aliases of an inbox, by their addresses: it has MAX_ALIASES at most. */
export const listAliases = operation({
  name: "alias.list",
  needs: ["inbox_read"],
  on: "inbox",
  kind: "read",
  run: ({ tx, scope, inbox }, _input: undefined): Promise<Alias[]> =>
    findAliases(tx, scope, inbox, MAX_ALIASES),
});
