import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { MAX_PODS_LISTED } from "../../limits.ts";
import type { Pod } from "./pod.ts";
import { listPods, selectAllPods } from "./store.ts";

/** Pods the key reaches, newest first: a page, or with null all of them, which is refused where they are too many for one answer. */
export const listAllPods = operation({
  name: "pod.list",
  needs: ["pod_read"],
  on: "any",
  kind: "read",
  fails: ["limit.exceeded"],
  async run({ tx, scope }, page: PageRequest | null): Promise<Page<Pod>> {
    if (page !== null)
      return pageOf(await listPods(tx, scope, page), page, ({ createdAt, id }) => [createdAt, id]);
    const pods = await selectAllPods(tx, scope, MAX_PODS_LISTED + 1);
    // A part of them would look like all there are.
    if (pods.length > MAX_PODS_LISTED)
      throw fail("limit.exceeded", {
        message: `There are more than ${MAX_PODS_LISTED} pods, too many for one answer`,
        hint: "Get them page by page, with a limit, or one by one.",
      });
    return { items: pods, next: null };
  },
});
