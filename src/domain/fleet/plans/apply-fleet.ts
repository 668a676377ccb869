import { type NeedByInput, operation } from "../../door/operation.ts";
import { beginPlan, usesOf, type Wanted } from "./begin.ts";
import { checkWanted } from "./check.ts";
import { nextRun } from "./plan-fleet.ts";
import { runStage } from "./run.ts";
import { type FleetRun, type Stage, type Uses, usesAll } from "./stage.ts";

/** A document, or a plan that was made before. `from`: where the run before ended; absent in the first. */
export type ApplyFleet =
  | (Wanted & { readonly from?: Stage })
  | { readonly planId: string; readonly from?: Stage };

/** A plan may be about everything. */
const usesIn = (input: ApplyFleet): Uses => input.from?.uses ?? ("planId" in input ? usesAll : usesOf(input));

const when = (permission: NeedByInput<ApplyFleet>["permission"], use: keyof Uses, says: string) => ({
  permission,
  if: (input: ApplyFleet) => usesIn(input)[use],
  says: `when ${says}, and to apply a plan`,
});

/**
 * One run of an apply: a batch of tenants becomes what the document says, each tenant whole or not at all. A tenant that fails fails
 * alone, and the next apply tries it again. Done again it finds what it did, but for secrets: those it made and whose client did not
 * confirm them are replaced by the next apply.
 */
export const applyFleet = operation({
  name: "fleet.apply",
  needs: [
    "pod_read",
    "inbox_read",
    "api_key_read",
    "webhook_read",
    "guardrail_read",
    "pod_create",
    "pod_update",
    "inbox_create",
    "inbox_update",
    when("api_key_create", "keys", "there are keys"),
    when("api_key_update", "keys", "there are keys"),
    when("api_key_delete", "keys", "there are keys"),
    when("webhook_create", "webhooks", "there are webhooks"),
    when("webhook_update", "webhooks", "there are webhooks"),
    when("message_read", "webhooks", "there are webhooks"),
    when("label_spam_read", "webhooks", "there are webhooks"),
    when("label_blocked_read", "webhooks", "there are webhooks"),
    when("label_unauthenticated_read", "webhooks", "there are webhooks"),
    when("guardrail_write", "guardrails", "it declares policies, rules or lists"),
    when("pod_delete", "removals", "tenants are removed"),
    when("inbox_delete", "removals", "tenants are removed"),
  ],
  on: "organization",
  kind: "upkeep",
  isLong: true,
  fails: ["object.not_found", "object.conflict", "limit.exceeded"],
  check: (input: ApplyFleet, { installation }) =>
    "planId" in input || input.from !== undefined ? input : checkWanted(input, installation),
  async run(context, input): Promise<FleetRun> {
    if (!("planId" in input)) return nextRun(context, "apply", input);
    return runStage(context, "apply", input.from ?? (await beginPlan(context, input.planId)), []);
  },
});
