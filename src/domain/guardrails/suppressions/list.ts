import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { listSuppressions as find } from "./store.ts";
import type { Suppression } from "./suppression.ts";

/** The suppressions of a pod, by address. */
export const listSuppressions = operation({
  name: "suppression.list",
  needs: ["list_entry_read"],
  on: "pod",
  kind: "read",
  async run({ tx, scope, pod }, page: PageRequest): Promise<Page<Suppression>> {
    const found = await find(tx, scope, pod.id, page);
    return pageOf(found, page, ({ address }) => [address]);
  },
});
