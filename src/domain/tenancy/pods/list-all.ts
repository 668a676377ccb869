import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { MAX_PODS_LISTED } from "./limits.ts";
import type { Pod } from "./pod.ts";
import { listPods } from "./store.ts";

/** A page of pods, or a piece of a list that is given whole. */
export interface PodListPiece extends PageRequest {
  /** Pods in the pieces before; null: it is a page. */
  readonly listed: number | null;
}

/** Pods the key reaches, newest first. A list that is given whole ends with a failure where it becomes too long. */
export const listAllPods = operation({
  name: "pod.list",
  needs: ["pod_read"],
  on: "any",
  kind: "read",
  fails: ["limit.exceeded"],
  async run({ tx, scope }, piece: PodListPiece): Promise<Page<Pod>> {
    // They are not counted before: row-level security takes 2 us for each.
    if (piece.listed !== null && piece.listed >= MAX_PODS_LISTED)
      throw fail("limit.exceeded", {
        message: `There are more than ${MAX_PODS_LISTED} pods, too many for one answer`,
        hint: "Get them page by page, with a limit, or one by one.",
      });
    return pageOf(await listPods(tx, scope, piece), piece, ({ createdAt, id }) => [createdAt, id]);
  },
});
