import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Policy } from "./policy.ts";
import { findAttachedPolicy, findPolicyNamed } from "./store.ts";

export const noPolicy = () =>
  fail("object.not_found", {
    message: "Policy not found",
    hint: "List policies to see those this key can reach.",
  });

/** One policy. A key of a pod or an inbox sees the one that is attached to its pod. */
export const getPolicy = operation({
  name: "policy.get",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, { id }: { readonly id: string }): Promise<Policy> => requirePolicy(context, id),
});

/** One that the key sees, wherever the operation is about. @throws Failure object.not_found */
export async function requirePolicy(context: Context, id: string): Promise<Policy> {
  const found = await readPolicy(context, id);
  if (found === null) throw noPolicy();
  return found;
}

async function readPolicy(context: Context, id: string): Promise<Policy | null> {
  const { tx, actor } = context;
  const { scope } = actor;
  const { limits } = context.installation;
  if (!isUuid(id)) return null;
  if (scope.podId === null) return findPolicyNamed(tx, scope, id, limits);
  const attached = await findAttachedPolicy(tx, scope, scope.podId, limits);
  return attached?.id === id.toLowerCase() ? attached : null;
}
