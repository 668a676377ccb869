import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { deleteClaim } from "../client-ids/index.ts";
import { detachAll } from "./attached.ts";
import { deletePodRow, findPod, findPodContents, lockPod } from "./store.ts";

/** Deletes an empty pod with its keys and webhooks. A pod with inboxes or domains is refused: that is a tenant's mail. */
export const deletePod = operation({
  name: "pod.delete",
  needs: ["pod_delete"],
  on: "pod",
  kind: "write",
  // What it had attached is the organization's.
  acrossPods: true,
  isLong: true,
  fails: ["pod.not_empty"],
  async run(context): Promise<void> {
    const { tx, scope, pod } = context;
    context.target(pod.id);
    if (pod.id === scope.organizationId)
      throw fail("pod.not_empty", {
        message: "Cannot delete Pod: Cannot delete the Default Pod",
        hint: "Delete another pod; this one holds what is made without one.",
      });
    await lockPod(tx, scope, pod.id);
    const contents = await findPodContents(tx, scope, pod.id);
    if (contents !== null)
      throw fail("pod.not_empty", {
        message: `Cannot delete Pod: Cannot delete pod with existing ${contents}`,
        hint: `Delete the pod's ${contents} first.`,
      });
    const found = await findPod(tx, scope, pod.id);
    if (found !== null) await detachAll(context, pod.id, found);
    await deleteClaim(tx, scope, pod.id);
    await deletePodRow(tx, scope, pod.id);
    // The pod's keys go with it.
    context.keysChanged(null);
  },
});
