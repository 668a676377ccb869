/** The organization of an organization key (contract 7.1). */

import { getOrganization } from "../../../domain/tenancy/organizations/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { toV0Organization, v0Organization } from "./shapes/organization.ts";

export const organizations = noun({
  name: "organizations",
  title: "Organization",
  about: "Everything that an operator's keys can reach.",
  parameters: {},
  routes: [
    route({
      method: "get",
      path: "/v0/organizations",
      name: "organizations.get",
      summary: "Get the organization",
      description: "The organization of the key, with the number of its inboxes and domains.",
      does: getOrganization,
      input: () => undefined,
      answer: v0Organization,
      present: toV0Organization,
    }),
  ],
});
