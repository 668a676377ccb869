import { operation } from "../../door/operation.ts";
import { requirePlan } from "./begin.ts";
import { findBatchAfter } from "./plan-store.ts";
import type { FleetLine } from "./stage.ts";

export interface GetPlan {
  readonly planId: string;
  /** The batch that the run before ended with; absent in the first. */
  readonly after?: { readonly position: number; readonly batch: string };
}

export interface PlanPart {
  readonly lines: readonly FleetLine[];
  readonly next: GetPlan["after"] | null;
}

/** One batch of a plan's changes after the other, as they were when it was made; then what they come to. */
export const getPlan = operation({
  name: "fleet.get_plan",
  needs: ["pod_read", "inbox_read", "api_key_read", "webhook_read", "guardrail_read"],
  on: "organization",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, { planId, after }: GetPlan): Promise<PlanPart> {
    const plan = await requirePlan(context, planId);
    const batch = await findBatchAfter(context.tx, context.scope, plan.id, after ?? null);
    if (batch !== null)
      return {
        lines: batch.changes.map((change): FleetLine => ({ type: "change", change })),
        next: { position: batch.position, batch: batch.batch },
      };
    const { hash, summary } = plan;
    return {
      lines: hash === null || summary === null ? [] : [{ type: "plan", plan, hash, summary }],
      next: null,
    };
  },
});
