import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Pod } from "./pod.ts";
import { listPods as selectPods } from "./store.ts";

/** The pods the key reaches, newest first unless `ascending`. */
export const listPods = operation({
  name: "pod.list",
  needs: ["pod_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, page: PageRequest): Promise<Page<Pod>> {
    return pageOf(await selectPods(tx, scope, page), page, (pod) => [pod.createdAt, pod.id]);
  },
});
