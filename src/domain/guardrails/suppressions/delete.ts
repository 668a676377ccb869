import { operation } from "../../door/operation.ts";
import { noSuppression, requireAddress } from "./plan.ts";
import { deleteSuppression as remove } from "./store.ts";

/** Has the pod write to an address again, until mail to it comes back once more. */
export const deleteSuppression = operation({
  name: "suppression.delete",
  needs: ["list_entry_delete"],
  on: "pod",
  kind: "write",
  fails: ["object.not_found"],
  check: (input: { readonly address: string }) => requireAddress(input),
  async run({ tx, scope, pod, ...context }, address): Promise<void> {
    context.target(address);
    if (!(await remove(tx, scope, pod.id, address))) throw noSuppression();
  },
});
