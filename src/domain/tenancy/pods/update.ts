import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { attach, checkAttached } from "./attached.ts";
import { checkName } from "./make.ts";
import { isDefault, type Pod } from "./pod.ts";
import { lockPodRow, updatePodRow } from "./store.ts";

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

/** Changes a pod. Of the Default Pod only what is attached can be changed, and no pod's domain (nylas 3.4). */
export const updatePod = operation({
  name: "pod.update",
  needs: ["pod_update"],
  on: "pod",
  kind: "write",
  // What it attaches is the organization's.
  acrossPods: true,
  check(input: UpdatePod): UpdatePod {
    if (input.name !== undefined) checkName(input.name);
    checkAttached({
      ...(input.policyId !== undefined && { policyId: input.policyId }),
      ...(input.ruleIds !== undefined && { ruleIds: input.ruleIds ?? [] }),
    });
    return input;
  },
  async run(context, input): Promise<Pod> {
    const { tx, scope } = context;
    const found = await lockPodRow(tx, scope, context.pod.id);
    if (found === null) throw fail("pod.not_found", { message: "Pod not found" });
    context.target(found.id);
    refuse(found, input);
    const changed = {
      ...found,
      name: input.name ?? found.name,
      autoGroup: input.autoGroup ?? found.autoGroup,
      policyId: input.policyId === undefined ? found.policyId : input.policyId,
      ruleIds: input.ruleIds === undefined ? found.ruleIds : (input.ruleIds ?? []),
      updatedAt: context.now,
    };
    if (input.policyId !== undefined || input.ruleIds !== undefined)
      await attach(context, found.id, found, changed);
    await updatePodRow(tx, scope, changed);
    return changed;
  },
});

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
