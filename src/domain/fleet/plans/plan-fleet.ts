import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { beginWith, targetedOf, type Wanted } from "./begin.ts";
import { checkWanted } from "./check.ts";
import { runStage } from "./run.ts";
import type { FleetRun, Stage } from "./stage.ts";

export interface PlanFleet extends Wanted {
  /** Where the run before ended; absent in the first. */
  readonly from?: Stage;
}

/**
 * One run of a plan: what an apply of the document would change, and why, without changing it. The plan is stored, and can be applied as
 * it is; it holds no secrets.
 */
export const planFleet = operation({
  name: "fleet.plan",
  needs: ["pod_read", "inbox_read", "api_key_read", "webhook_read", "guardrail_read"],
  on: "organization",
  kind: "upkeep",
  fails: ["object.not_found", "limit.exceeded"],
  check: (input: PlanFleet, { installation }) =>
    input.from === undefined ? checkWanted(input, installation) : input,
  run: (context: Context, input): Promise<FleetRun> => nextRun(context, "plan", input),
});

/** @returns what the next run came to: the first stores the document's first tenants */
export async function nextRun(
  context: Context,
  mode: "plan" | "apply",
  { from, ...wanted }: PlanFleet,
): Promise<FleetRun> {
  const stage = from ?? (await beginWith(context, wanted));
  const targeted = stage.step.at === "store" ? targetedOf(wanted) : [];
  const run = await runStage(context, mode, stage, targeted);
  // Of a document that is stored at once the first run says also what is wrong with all of it.
  const isStored = from === undefined && run.next?.step.at === "shared";
  return isStored && run.next !== null ? runStage(context, mode, run.next, []) : run;
}
