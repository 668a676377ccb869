/** Making pods: the rules and the statements, for one as for a thousand. */
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { checkClientId, claimNames, inOrder, releaseUnused } from "../client-ids/index.ts";
import { type Pod, UNNAMED_POD } from "./pod.ts";
import { findPods, insertPods } from "./store.ts";

export interface CreatePod {
  readonly name?: string;
  readonly clientId?: string;
}

export interface PodPlan {
  readonly clientId: string | null;
  /** A name that is refused counts only when the client_id is new. */
  readonly name: string | Failure;
}

/** What follows from the input alone. @throws Failure input.invalid for the client_id */
export function planPod({ name, clientId }: CreatePod): PodPlan {
  return {
    clientId: checkClientId(clientId),
    name: attempt(() => (name === undefined ? UNNAMED_POD : checkName(name))),
  };
}

function checkName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/** Makes pods of the context's organization, or finds those that have the client_ids. @returns an outcome for each plan */
export async function makePods(context: Context, plans: readonly PodPlan[]): Promise<Outcome<Pod>[]> {
  const { tx, scope, now } = context;
  const { organizationId } = scope;
  const wanted = plans.map((plan) => ({ scope, plan }));
  const candidates = await claimNames(context, wanted, {
    claimOf: (_scope, clientId, id) =>
      ({ ownerId: organizationId, kind: "pod", clientId, podId: id, inboxId: null, resourceId: id }) as const,
    find: (ids) => findPods(tx, scope, ids),
  });
  const outcomes = inOrder(candidates, ({ id, plan: { clientId, name } }) =>
    name instanceof Failure
      ? failed(name)
      : made<Pod>({ id, organizationId, name, clientId, pausedAt: null, createdAt: now, updatedAt: now }),
  );
  releaseUnused(context, candidates, outcomes);
  tx.beforeCommit(insertPods(tx, scope, thingsMade(outcomes)));
  return outcomes;
}
