/** Deleting a pod that may have inboxes: they go to the Default Pod first, and its domains with them. */
import type { Job } from "../../../storage/jobs.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { DISSOLVE_LOOK_MS } from "../../limits.ts";
import { deleteClaim } from "../client-ids/index.ts";
import { deletePodRow, detachAll, lockPod, requirePod } from "../pods/index.ts";
import { MOVED_INBOXES } from "./limits.ts";
import { moveInboxes } from "./move.ts";
import { closePod, giveDomains, giveUpName, holdsInboxes, walkInboxes } from "./store.ts";

const dissolveJob = (podId: string, delayMs: number): Job => ({
  task: "dissolve_pod",
  payload: { podId },
  key: `dissolve_pod ${podId}`,
  delayMs,
});

/**
 * Deletes a pod. Its keys end and nobody finds it any more when this is done; its inboxes go to the Default Pod, at once or by a
 * job, and its domains, without which their addresses would be nobody's. An inbox whose client_id is taken there loses it.
 */
export const dissolvePod = operation({
  name: "pod.delete",
  needs: ["pod_delete", "inbox_update"],
  on: "pod",
  kind: "write",
  acrossPods: true,
  isLong: true,
  fails: ["object.conflict"],
  async run(context): Promise<void> {
    const { tx, scope, pod, now } = context;
    context.target(pod.id);
    if (pod.id === scope.organizationId) throw invalid([], "The default cannot be deleted");
    await lockPod(tx, scope, pod.id);
    const found = await requirePod(tx, scope, pod.id);
    // Its inboxes would come alive again in the Default Pod.
    if (found.suspendedAt !== null)
      throw fail("object.conflict", {
        message: "The workspace is suspended",
        hint: "Unsuspend it first, or delete it with all that it holds.",
      });
    await detachAll(context, pod.id, found);
    await Promise.all([
      closePod(tx, scope, pod.id, now),
      giveDomains(tx, scope, pod.id, scope.organizationId),
    ]);
    context.keysChanged(null);
    await emptyPod(context, pod.id);
  },
});

/** Goes on with it. */
export const continueDissolving = operation({
  name: "pod.delete",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  isLong: true,
  run: (context, { podId }: { readonly podId: string }): Promise<void> => emptyPod(context, podId),
});

/** Moves what a transaction may; deletes the pod when it is empty, else enqueues the next turn. */
async function emptyPod(context: Context, podId: string): Promise<void> {
  const { tx, scope } = context;
  const walk = { podId, domain: null, after: null, withPaused: true };
  const { inboxes, last } = await walkInboxes(tx, scope, walk, MOVED_INBOXES);
  const ids = inboxes.map(({ id }) => id);
  await giveUpName(tx, scope, podId, scope.organizationId, ids);
  await moveInboxes(context, inboxes, scope.organizationId);
  if (await holdsInboxes(tx, scope, podId)) {
    // Those on their way have jobs of their own.
    const isWaiting = last === null || inboxes.length === 0;
    context.enqueue(dissolveJob(podId, isWaiting ? DISSOLVE_LOOK_MS : 0));
    return;
  }
  await deleteClaim(tx, scope, podId);
  await deletePodRow(tx, scope, podId);
  context.keysChanged(null);
}
