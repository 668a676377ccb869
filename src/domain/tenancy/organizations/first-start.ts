/** What an empty installation begins with: an organization, its Default Pod, and the root key. */
import { sha256 } from "../../../lib/hash.ts";
import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { insertApiKey, shownPrefix } from "../api-keys/index.ts";
import { DEFAULT_POD, insertPod } from "../pods/index.ts";
import { findFirstOrganizationId, insertOrganization } from "./store.ts";

export interface FirstStart {
  readonly database: Database;
  readonly newId: () => string;
  readonly now: Date;
  /** The key that may do everything; only its hash is stored. */
  readonly rootKey: string;
}

/** Makes what is missing, and lets the root key in; a second start changes nothing. @returns the organization's id */
export async function prepareInstallation({ database, newId, now, rootKey }: FirstStart): Promise<string> {
  return database.transaction(systemScope, async (tx) => {
    let organizationId = await findFirstOrganizationId(tx, systemScope);
    if (organizationId === null) {
      organizationId = newId();
      await insertOrganization(tx, systemScope, organizationId, "Organization", now);
      const pod = {
        id: organizationId,
        organizationId,
        name: DEFAULT_POD,
        clientId: null,
        createdAt: now,
        updatedAt: now,
      };
      await insertPod(tx, systemScope, pod);
    }
    const key = {
      id: newId(),
      organizationId,
      podId: null,
      inboxId: null,
      inboxAddress: null,
      name: "Root key",
      prefix: shownPrefix(rootKey),
      permissions: null,
      createdAt: now,
      updatedAt: now,
      usedAt: null,
      expiresAt: null,
    };
    await insertApiKey(tx, systemScope, key, sha256(rootKey));
    return organizationId;
  });
}
