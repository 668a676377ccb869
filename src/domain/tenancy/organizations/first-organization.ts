import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { DEFAULT_POD, insertPods, nothingAttached } from "../pods/index.ts";
import { findFirstOrganizationId, insertOrganization } from "./store.ts";

/**
 * The organization of the installation, made with its Default Pod when there is none. To be called under the installation's
 * lock, else two that start at once make two.
 * @returns its id
 */
export async function requireFirstOrganization(
  tx: Tx,
  scope: SystemScope,
  { newId, now }: { readonly newId: () => string; readonly now: Date },
): Promise<string> {
  const found = await findFirstOrganizationId(tx, scope);
  if (found !== null) return found;
  const id = newId();
  await insertOrganization(tx, scope, id, "Organization", now);
  // The Default Pod has the organization's id.
  const pod = {
    id,
    organizationId: id,
    name: DEFAULT_POD,
    clientId: null,
    pausedAt: null,
    suspendedAt: null,
    deleteAfter: null,
    ...nothingAttached,
    groupDomain: null,
    autoGroup: false,
    createdAt: now,
    updatedAt: now,
  };
  await insertPods(tx, scope, [pod]);
  return id;
}
