import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Pod } from "./pod.ts";
import { findPod } from "./store.ts";

/** One pod, named by the target. */
export const getPod = operation({
  name: "pod.get",
  needs: ["pod_read"],
  on: "pod",
  kind: "read",
  async run({ tx, scope, pod }): Promise<Pod> {
    const found = await findPod(tx, scope, pod.id);
    if (found === null) throw fail("pod.not_found", { message: "Pod not found" });
    return found;
  },
});
