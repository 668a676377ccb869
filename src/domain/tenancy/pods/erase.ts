/** Deleting pods with all that they hold: closed in one transaction, emptied by a job. See docs/decisions/0037-offboarding.md. */
import { bumpGuardrails } from "../../door/access/index.ts";
import { failed, made, type Outcome, single, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { forgetPods, setDeleting } from "./ending-store.ts";
import { eraseNow } from "./erase-job.ts";
import { noPod } from "./get.ts";
import { isDefault, type Pod } from "./pod.ts";
import { lockPodRows } from "./store.ts";

/**
 * Deletes a pod with its inboxes, mail, domains, keys and webhooks. When this is done nobody finds it, its keys are dead, and its
 * addresses and client_id are free; what it held is deleted by a job, which begins at once.
 */
export const erasePod = operation({
  name: "pod.erase",
  needs: ["pod_delete", "inbox_delete"],
  on: "pod",
  kind: "write",
  acrossPods: true,
  isLong: true,
  fails: ["object.conflict"],
  run: async (context): Promise<void> => void single(await deletePods(context, [context.pod.id])),
});

/**
 * Deletes pods of the organization, whose context it is, as erasePod does. A number of statements that does not depend on how many there
 * are. @param ids MAX_FLEET_BATCH at most @returns an outcome for each, in order
 */
export async function deletePods(context: Context, ids: readonly string[]): Promise<Outcome<Pod>[]> {
  const { tx, scope, now } = context;
  const pods = new Map((await lockPodRows(tx, scope, ids, "all")).map((pod) => [pod.id, pod]));
  const outcomes = ids.map((id): Outcome<Pod> => {
    const pod = pods.get(id);
    if (pod === undefined) return failed(noPod());
    if (isDefault(pod)) return failed(defaultStays());
    // Of one that is named twice the second is not there any more.
    pods.delete(id);
    return made(pod);
  });
  const closed = thingsMade(outcomes);
  if (closed.length === 0) return outcomes;
  const closedIds = closed.map(({ id }) => id);
  await setDeleting(tx, scope, closedIds, now);
  await forgetPods(tx, scope, closedIds);
  // Outbound rules that no pod has attached are in force in all of them.
  if (closed.some(({ ruleIds }) => ruleIds.length > 0)) await bumpGuardrails(tx, scope, null);
  context.changed(closed.map(({ id }) => ({ operation: "pod.erase", podId: id, target: id })));
  // Of the organization: its own events go with the pod.
  for (const { id, name, clientId } of closed)
    context.emit({
      type: "pod.deleted",
      podId: scope.organizationId,
      inboxId: null,
      messageUuid: null,
      data: { podId: id, name, clientId },
    });
  context.keysChanged(null);
  context.enqueue(eraseNow);
  return outcomes;
}

const defaultStays = () =>
  fail("object.conflict", {
    message: "The Default Pod cannot be deleted",
    hint: "Delete what it holds.",
  });

/** Closes those of the pods whose grace is over. */
export const eraseOverdue = operation({
  name: "pod.erase",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  isLong: true,
  async run(context, { ids }: { readonly ids: readonly string[] }): Promise<void> {
    const { tx, scope, now } = context;
    // Behind the locks: one that was unsuspended meanwhile stays.
    const due = (await lockPodRows(tx, scope, ids, "all")).filter(
      ({ deleteAfter }) => deleteAfter !== null && deleteAfter <= now,
    );
    await deletePods(
      context,
      due.map(({ id }) => id),
    );
  },
});
