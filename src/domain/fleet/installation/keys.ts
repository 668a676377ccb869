/** Organization keys as an operator at the database lists and revokes them. */
import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { findOrganizationKeys, type OrganizationKey } from "../../tenancy/api-keys/index.ts";
import { revokeOrganizationKeys } from "./root-key.ts";

/** Newest first. @param most bound of the answer */
export const listOrganizationKeys = (database: Database, most: number): Promise<OrganizationKey[]> =>
  database.transaction(systemScope, (tx) => findOrganizationKeys(tx, systemScope, most));

/** Revokes organization keys; ids of other keys, and of none, are ignored. @param ids UUIDs. @returns those that there were */
export const revokeKeys = (
  database: Database,
  ids: readonly string[],
  parts: { readonly newId: () => string; readonly now: Date },
): Promise<OrganizationKey[]> =>
  database.transaction(systemScope, (tx) =>
    revokeOrganizationKeys(
      tx,
      systemScope,
      ids.map((id) => ({ id })),
      "operator",
      parts,
    ),
  );
