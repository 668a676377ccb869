import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Pod } from "./pod.ts";
import { findPod } from "./store.ts";

export const noPod = (): Failure => fail("pod.not_found", { message: "Pod not found" });

/** @throws Failure pod.not_found */
export async function requirePod(tx: Tx, scope: Scope, id: string): Promise<Pod> {
  const found = await findPod(tx, scope, id);
  if (found === null) throw noPod();
  return found;
}

/** One pod, named by the target. */
export const getPod = operation({
  name: "pod.get",
  needs: ["pod_read"],
  on: "pod",
  kind: "read",
  run: ({ tx, scope, pod }): Promise<Pod> => requirePod(tx, scope, pod.id),
});
