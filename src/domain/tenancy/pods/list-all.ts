import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { MAX_PODS_LISTED } from "../../limits.ts";
import type { Pod } from "./pod.ts";
import { selectAllPods } from "./store.ts";

/** All pods the key reaches, newest first, without pages: refused where there are too many for one answer. */
export const listAllPods = operation({
  name: "pod.list",
  needs: ["pod_read"],
  on: "any",
  kind: "read",
  fails: ["limit.exceeded"],
  async run({ tx, scope }): Promise<readonly Pod[]> {
    const pods = await selectAllPods(tx, scope, MAX_PODS_LISTED + 1);
    // A part of them would look like all there are.
    if (pods.length > MAX_PODS_LISTED)
      throw fail("limit.exceeded", {
        message: `There are more than ${MAX_PODS_LISTED} pods, too many for one answer`,
        hint: "Get them one by one, or page by page.",
      });
    return pods;
  },
});
