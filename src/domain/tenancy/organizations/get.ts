import { operation } from "../../door/operation.ts";
import type { Organization } from "./organization.ts";
import { findOrganization } from "./store.ts";

/** The organization of the key, with how much it holds. */
export const getOrganization = operation({
  name: "organization.get",
  needs: ["organization_read"],
  on: "organization",
  kind: "read",
  async run({ tx, scope }): Promise<Organization> {
    const organization = await findOrganization(tx, scope);
    if (organization === null) throw new Error("a key without an organization");
    return organization;
  },
});
