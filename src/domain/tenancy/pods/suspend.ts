/** Suspending pods, on their way out or until a question is settled: see docs/decisions/0037-offboarding.md. */
import { failed, found, made, type Outcome, single, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { endSuspension, setSuspended } from "./ending-store.ts";
import { eraseJob } from "./erase-job.ts";
import { noPod } from "./get.ts";
import { isDefault, type Pod } from "./pod.ts";
import { lockPodRows } from "./store.ts";

export interface SuspendPod {
  /** From when on it is deleted, with all that it holds: now or later. Null or absent: only when somebody asks for it. */
  readonly deleteAfter?: Date | null;
}

/**
 * Suspends a pod: from the next request and the next RCPT on, in every process, its keys and those of its inboxes are dead, mail to it
 * is rejected permanently, and nothing of it is sent. Its mail stays. Again it changes when the pod is deleted.
 */
export const suspendPod = operation({
  name: "pod.suspend",
  needs: [
    "pod_update",
    {
      permission: "pod_delete",
      if: ({ deleteAfter }: SuspendPod) => deleteAfter !== undefined && deleteAfter !== null,
      says: "when the pod is to be deleted",
    },
  ],
  on: "pod",
  kind: "write",
  acrossPods: true,
  fails: ["object.conflict"],
  run: async (context, { deleteAfter = null }: SuspendPod): Promise<Pod> =>
    single(await suspendPods(context, [context.pod.id], deleteAfter)),
});

/** Ends it: its keys work again and mail is taken. A pause of its own stays. Again it changes nothing. */
export const unsuspendPod = operation({
  name: "pod.unsuspend",
  needs: ["pod_update"],
  on: "pod",
  kind: "write",
  acrossPods: true,
  run: async (context): Promise<Pod> => single(await unsuspendPods(context, [context.pod.id])),
});

/**
 * Suspends pods of the organization, whose context it is; `found` were so before. A number of statements that does not depend on how many
 * there are. @param ids MAX_FLEET_BATCH at most @returns an outcome for each, in order
 */
export async function suspendPods(
  context: Context,
  ids: readonly string[],
  deleteAfter: Date | null,
): Promise<Outcome<Pod>[]> {
  const { tx, scope, now } = context;
  if (deleteAfter !== null && deleteAfter < now)
    throw invalid(["deleteAfter"], says`${field("deleteAfter")} must not be over`);
  const isSo = (pod: Pod): boolean =>
    pod.suspendedAt !== null && pod.deleteAfter?.getTime() === deleteAfter?.getTime();
  const outcomes = await changeAll(context, ids, isSo, (pod) => ({
    ...pod,
    suspendedAt: pod.suspendedAt ?? now,
    deleteAfter,
    updatedAt: now,
  }));
  const changed = note(context, "pod.suspend", "pod.suspended", outcomes);
  if (changed.length === 0) return outcomes;
  await setSuspended(tx, scope, changed, { now, deleteAfter });
  if (deleteAfter !== null) context.enqueue(eraseJob(deleteAfter, now));
  return outcomes;
}

/** Ends the suspension of pods of the organization, whose context it is. @param ids MAX_FLEET_BATCH at most @returns as suspendPods */
export async function unsuspendPods(context: Context, ids: readonly string[]): Promise<Outcome<Pod>[]> {
  const { tx, scope, now } = context;
  const isSo = ({ suspendedAt }: Pod): boolean => suspendedAt === null;
  const ended = { suspendedAt: null, deleteAfter: null, updatedAt: now };
  const outcomes = await changeAll(context, ids, isSo, (pod) => ({ ...pod, ...ended }));
  const changed = note(context, "pod.unsuspend", "pod.unsuspended", outcomes);
  if (changed.length === 0) return outcomes;
  await endSuspension(tx, scope, changed, now);
  return outcomes;
}

/** What becomes of each pod: locked, so that what is found of it stays so. @param isSo whether there is nothing to do */
async function changeAll(
  { tx, scope }: Context,
  ids: readonly string[],
  isSo: (pod: Pod) => boolean,
  change: (pod: Pod) => Pod,
): Promise<Outcome<Pod>[]> {
  const pods = new Map((await lockPodRows(tx, scope, ids)).map((pod) => [pod.id, pod]));
  const seen = new Set<string>();
  return ids.map((id) => {
    const pod = pods.get(id);
    if (pod === undefined) return failed(noPod());
    if (isDefault(pod)) return failed(defaultStays());
    const again = seen.has(id);
    seen.add(id);
    if (isSo(pod)) return found(pod);
    return again ? found(change(pod)) : made(change(pod));
  });
}

/** It holds what the organization makes without a pod, and no tenant. */
const defaultStays = (): Failure =>
  fail("object.conflict", {
    message: "The Default Pod cannot be suspended",
    hint: "Pause it, or delete what it holds.",
  });

/** The audit rows and events of those that were changed, whose keys every process looks up anew. @returns their ids */
function note(
  context: Context,
  name: string,
  type: "pod.suspended" | "pod.unsuspended",
  outcomes: readonly Outcome<Pod>[],
): string[] {
  const pods = thingsMade(outcomes);
  context.changed(pods.map(({ id }) => ({ operation: name, podId: id, target: id })));
  for (const { id, deleteAfter } of pods)
    context.emit({
      type,
      podId: id,
      inboxId: null,
      messageUuid: null,
      data: deleteAfter === null ? {} : { deleteAfter: deleteAfter.toISOString() },
    });
  if (pods.length > 0) context.keysChanged(null);
  return pods.map(({ id }) => id);
}
