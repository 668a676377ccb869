import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import type { Organization } from "./organization.ts";
import { findOrganization, setOrganizationPaused } from "./store.ts";

/**
 * Pauses the whole organization: from the next request and the next RCPT on, in every process, none of its inboxes sends or
 * receives. Mail and keys stay. Who may pause each of its pods may pause them all. Again it changes nothing.
 */
export const pauseOrganization = operation({
  name: "organization.pause",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  run: (context): Promise<Organization> => setPaused(context, context.now),
});

/** Ends its pause; pods and inboxes that are paused themselves stay so. Again it changes nothing. */
export const resumeOrganization = operation({
  name: "organization.resume",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  run: (context): Promise<Organization> => setPaused(context, null),
});

async function setPaused(context: Context, at: Date | null): Promise<Organization> {
  const { tx, scope } = context;
  context.target(scope.organizationId);
  await setOrganizationPaused(tx, scope, at);
  const organization = await findOrganization(tx, scope);
  if (organization === null) throw new Error("a key without an organization");
  return organization;
}
