/** Which pod a new inbox lies in. */

import { isUuid } from "../../../lib/uuid.ts";
import { findPodTarget, type Scope } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { Failure, fail } from "../../door/failures.ts";
import type { InboxPlan } from "./plan.ts";

export interface Place {
  /** Id of the pod. */
  readonly podId?: string;
  /** Without `podId`: the pod that groups inboxes of the address's domain, when one does so automatically (nylas 2.2). */
  readonly grouped?: boolean;
}

/** @returns the scope of that pod; the context's own, which is the Default Pod's when it has none, where nothing says otherwise */
export async function placeOf(
  { tx, scope }: Context,
  { podId, grouped = false }: Place,
  { settings }: InboxPlan,
): Promise<Scope> {
  if (podId !== undefined) {
    const pod = isUuid(podId) ? await findPodTarget(tx, scope, { id: podId }) : null;
    if (pod === null)
      throw fail("pod.not_found", {
        message: "Pod not found",
        hint: "List pods to see the ids this key can reach.",
      });
    return scope.narrowToPod(pod.id);
  }
  if (!grouped || scope.podId !== null || settings instanceof Failure) return scope;
  const pod = await findPodTarget(tx, scope, { groupsDomain: settings.domain });
  return pod === null ? scope : scope.narrowToPod(pod.id);
}
