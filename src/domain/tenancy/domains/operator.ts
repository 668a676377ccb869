import { fail } from "../../door/failures.ts";
import type { Facts } from "../../door/operation.ts";

/**
 * What concerns all tenants is the operator's: an unrestricted key of the organization that the first start made.
 * @throws Failure permission.unrestricted_required
 */
export function requireOperator({ installation, actor }: Facts): void {
  const { level, organizationId } = actor.scope;
  // A narrower key is refused by the door, as by every operation on an organization.
  if (level !== "organization") return;
  if (organizationId === installation.organizationId && actor.permissions === null) return;
  throw fail("permission.unrestricted_required", {
    message: "Only the operator of this server may do this",
    hint: "Use an unrestricted key of the operator's organization, such as the root key.",
  });
}
