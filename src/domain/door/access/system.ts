/**
 * Actors of the system: for jobs and everything else that runs without a key. Each is narrowed to one pod or inbox, whose organization
 * is looked up here, so that what it runs is held to that by row-level security as a request is.
 */
import type { Database } from "../../../storage/db.ts";
import { Actor } from "./actor.ts";
import { findInboxHome } from "./moved-store.ts";
import { mintScope, systemScope } from "./scope.ts";
import { findOrganizationOf } from "./store.ts";

/** All that the scope allows, for ever. */
const unbounded = { permissions: null, expiresAt: null, isUnverified: false } as const;

/**
 * @param part of the system, as audit rows name it, such as `outbound delivery`
 * @param target ids out of a job's payload, or of a resolved address
 * @returns null when the pod or inbox was deleted, so that there is nothing to do
 */
export async function systemActor(
  database: Database,
  part: string,
  target: { readonly podId: string; readonly inboxId?: string },
): Promise<Actor | null> {
  const { podId, inboxId = null } = target;
  const organizationId = await organizationOf(database, podId, inboxId);
  return organizationId === null
    ? null
    : new Actor(mintScope(organizationId, podId, inboxId), null, unbounded, part);
}

/** The same, narrowed to the pod that an inbox is in now, with the inbox's address; for links that outlive a move. */
export async function systemActorAround(
  database: Database,
  part: string,
  inboxId: string,
): Promise<{ readonly actor: Actor; readonly podId: string; readonly address: string } | null> {
  const found = await database.readOnce(systemScope, (tx) => findInboxHome(tx, systemScope, inboxId));
  if (found === null) return null;
  const { organizationId, podId, address } = found;
  return { actor: new Actor(mintScope(organizationId, podId, null), null, unbounded, part), podId, address };
}

/** The same, narrowed to the organization of a pod: for what takes something from one of its pods to another. */
export async function systemActorAcrossPods(
  database: Database,
  part: string,
  podId: string,
): Promise<Actor | null> {
  const organizationId = await organizationOf(database, podId, null);
  return organizationId === null
    ? null
    : new Actor(mintScope(organizationId, null, null), null, unbounded, part);
}

/** An actor for an organization that is about to be made, or that its sign-up found. */
export const organizationActor = (part: string, organizationId: string): Actor =>
  new Actor(mintScope(organizationId, null, null), null, unbounded, part);

const organizationOf = (database: Database, podId: string, inboxId: string | null): Promise<string | null> =>
  database.readOnce(systemScope, (tx) => findOrganizationOf(tx, systemScope, podId, inboxId));
