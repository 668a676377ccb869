/** The organization of an organization key (contract 7.1). */

import {
  getOrganization,
  pauseOrganization,
  resumeOrganization,
} from "../../../domain/tenancy/organizations/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { labsRoutes } from "./previews.ts";
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
    route({
      method: "post",
      path: "/v0/organizations/pause",
      isOwn: true,
      name: "organizations.pause",
      summary: "Pause the organization",
      description:
        "From the next request and the next SMTP recipient on, no inbox of the organization sends or receives: sends are refused with 403 `inbox_paused`, and other servers are told to try again later. Mail and keys stay. Pausing it again changes nothing.",
      does: pauseOrganization,
      input: () => undefined,
      answer: v0Organization,
      present: toV0Organization,
    }),
    route({
      method: "post",
      path: "/v0/organizations/resume",
      isOwn: true,
      name: "organizations.resume",
      summary: "Resume the organization",
      description: "Ends the organization's pause. Pods and inboxes that are paused themselves stay so.",
      does: resumeOrganization,
      input: () => undefined,
      answer: v0Organization,
      present: toV0Organization,
    }),
    ...labsRoutes,
  ],
});
