/** SQL of client_ids: the row that makes a create idempotent. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

export interface Claim {
  /** Id of the inbox, pod or organization inside which the name is unique. */
  readonly homeId: string;
  /** What is made for the organization as a whole is a kind of its own: the home has the id of the Default Pod. */
  readonly kind: "pod" | "inbox" | "domain" | "webhook" | "organization_domain" | "organization_webhook";
  readonly clientId: string;
  /** The claim goes with this pod and this inbox. */
  readonly podId: string | null;
  readonly inboxId: string | null;
  /** Id of the thing that is about to be made. */
  readonly resourceId: string;
}

/** Inserts the claim unless the name is taken; waits for a concurrent claim of the same name to be decided. */
export async function insertClaim(
  tx: Tx,
  scope: AnyScope,
  claim: Claim & { organizationId: string },
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .insertInto("client_ids")
    .values({
      home_id: claim.homeId,
      kind: claim.kind,
      client_id: claim.clientId,
      organization_id: claim.organizationId,
      pod_id: claim.podId,
      inbox_id: claim.inboxId,
      resource_id: claim.resourceId,
    })
    .onConflict((conflict) => conflict.columns(["home_id", "kind", "client_id"]).doNothing())
    .returning("resource_id")
    .executeTakeFirst();
  return row !== undefined;
}

/** The resource made under a name, whose claim nobody else frees until the transaction ends; null when there is none. */
export async function lockClaim(
  tx: Tx,
  scope: AnyScope,
  claim: Pick<Claim, "homeId" | "kind" | "clientId">,
): Promise<string | null> {
  const row = await tx
    .within(scope)
    .selectFrom("client_ids")
    .where("home_id", "=", claim.homeId)
    .where("kind", "=", claim.kind)
    .where("client_id", "=", claim.clientId)
    .select("resource_id")
    .forUpdate()
    .executeTakeFirst();
  return row?.resource_id ?? null;
}

/** Frees the name of a deleted resource. */
export async function deleteClaim(tx: Tx, scope: AnyScope, resourceId: string): Promise<void> {
  await tx.within(scope).deleteFrom("client_ids").where("resource_id", "=", resourceId).execute();
}
