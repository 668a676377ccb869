import { operation } from "../../door/operation.ts";
import { noSuppression, requireAddress } from "./plan.ts";
import { findSuppressions } from "./store.ts";
import type { Suppression } from "./suppression.ts";

/** One suppression of a pod, however its address is written. */
export const getSuppression = operation({
  name: "suppression.get",
  needs: ["list_entry_read"],
  on: "pod",
  kind: "read",
  fails: ["object.not_found"],
  check: (input: { readonly address: string }) => requireAddress(input),
  async run({ tx, scope, pod }, address): Promise<Suppression> {
    const [found] = await findSuppressions(tx, scope, pod.id, [address]);
    if (found === undefined) throw noSuppression();
    return found;
  },
});
