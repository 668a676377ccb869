import { failed, made, type Outcome, single, thingsMade, withoutFailures } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { attachTo, checkAttached } from "./attached.ts";
import { noPod } from "./get.ts";
import { checkName } from "./make.ts";
import { isDefault, type Pod } from "./pod.ts";
import { lockPodRows, updatePodRows } from "./store.ts";

/** What is absent stays as it is. */
export interface UpdatePod {
  readonly name?: string;
  readonly autoGroup?: boolean;
  /** The domain that it has; another one is refused. */
  readonly groupDomain?: string;
  /** Null detaches. */
  readonly policyId?: string | null;
  /** In place of those attached; null or empty detaches all. */
  readonly ruleIds?: readonly string[] | null;
}

/** What is wrong with the change alone. @throws Failure input.invalid */
export function checkPodChange(input: UpdatePod): UpdatePod {
  if (input.name !== undefined) checkName(input.name);
  checkAttached({
    ...(input.policyId !== undefined && { policyId: input.policyId }),
    ...(input.ruleIds !== undefined && { ruleIds: input.ruleIds ?? [] }),
  });
  return input;
}

/** Changes a pod. Of the Default Pod only what is attached can be changed, and no pod's domain (nylas 3.4). */
export const updatePod = operation({
  name: "pod.update",
  needs: ["pod_update"],
  on: "pod",
  kind: "write",
  // What it attaches is the organization's.
  acrossPods: true,
  check: checkPodChange,
  async run(context, input): Promise<Pod> {
    const pod = single(await changePods(context, [{ id: context.pod.id, change: input }]));
    context.target(pod.id);
    return pod;
  },
});

/** What of a pod is to change. */
export interface PodChange {
  readonly id: string;
  /** As `checkPodChange` lets it through. */
  readonly change: UpdatePod;
}

/**
 * Changes pods of the context's organization, each once, in a number of statements that does not grow with them.
 * @returns for each what it is then, or why it stays: pod.not_found, input.invalid
 */
export async function changePods(context: Context, changes: readonly PodChange[]): Promise<Outcome<Pod>[]> {
  if (changes.length === 0) return [];
  const { tx, scope, now } = context;
  const found = new Map((await lockPodRows(tx, scope, idsOf(changes))).map((pod) => [pod.id, pod]));
  const drafts = changes.map(({ id, change }) => attempt(() => draftOf(found.get(id), change, now)));
  const attaching = withoutFailures(drafts).filter(({ attaches }) => attaches);
  const refusals = await attachTo(
    context,
    attaching.map(({ before, after }) => ({ podId: before.id, before, after, isNew: false })),
  );
  const refused = new Map(attaching.map((draft, index) => [draft, refusals[index] ?? null]));
  const outcomes = drafts.map((draft): Outcome<Pod> => {
    if (draft instanceof Failure) return failed(draft);
    const refusal = refused.get(draft) ?? null;
    return refusal === null ? made(draft.after) : failed(refusal);
  });
  await updatePodRows(tx, scope, thingsMade(outcomes));
  return outcomes;
}

const idsOf = (changes: readonly PodChange[]): string[] => changes.map(({ id }) => id);

interface Draft {
  readonly before: Pod;
  readonly after: Pod;
  readonly attaches: boolean;
}

/** @throws Failure */
function draftOf(found: Pod | undefined, input: UpdatePod, now: Date): Draft {
  if (found === undefined) throw noPod();
  refuse(found, input);
  const after = {
    ...found,
    name: input.name ?? found.name,
    autoGroup: input.autoGroup ?? found.autoGroup,
    policyId: input.policyId === undefined ? found.policyId : input.policyId,
    ruleIds: input.ruleIds === undefined ? found.ruleIds : (input.ruleIds ?? []),
    updatedAt: now,
  };
  return {
    before: found,
    after,
    attaches: input.policyId !== undefined || input.ruleIds !== undefined,
  };
}

function refuse(pod: Pod, { name, autoGroup, groupDomain }: UpdatePod): void {
  if (groupDomain !== undefined && groupDomain.toLowerCase() !== (pod.groupDomain ?? ""))
    throw invalid(["groupDomain"], says`${field("groupDomain")} cannot be changed`);
  if (autoGroup === true && pod.groupDomain === null)
    throw invalid(["autoGroup"], says`${field("autoGroup")} needs a ${field("groupDomain")}`);
  if (!isDefault(pod)) return;
  if (name !== undefined && name !== pod.name)
    throw invalid(
      ["name"],
      says`Of the default only ${field("policyId")} and ${field("ruleIds")} can be changed`,
    );
}
