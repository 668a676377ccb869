/** Policies for tests: made by the operation, attached behind the door. */
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import { createPolicy, type SetLimits } from "../../src/domain/guardrails/policies/index.ts";
import type { TestDoor } from "./test-door.ts";

/** Attaches a policy to a pod, or detaches what it has. */
export async function attachPolicy(t: TestDoor, pod: string, policyId: string | null): Promise<void> {
  await t.behind((tx) =>
    sql`update pods set policy_id = ${policyId}::uuid, guardrails_version = guardrails_version + 1
      where id = ${pod}::uuid`.execute(tx.within(systemScope)),
  );
}

/** A new policy with these limits, attached to the pod. @returns its id */
export async function limit(t: TestDoor, pod: string, limits: Partial<SetLimits>): Promise<string> {
  const { id } = await t.run(t.rootToken, createPolicy, {}, { name: "Limited", limits });
  await attachPolicy(t, pod, id);
  return id;
}
