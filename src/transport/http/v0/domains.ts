/** Custom domains, of the organization and of one pod (contract 7.6). */

import { z } from "@hono/zod-openapi";
import { create } from "content-disposition";
import {
  createDomain,
  deleteDomain,
  getDomain,
  getZoneFile,
  listDomains,
  registerOwnDomain,
  rotateDkimKeys,
  trustDomain,
  updateDomain,
  verifyDomain,
} from "../../../domain/tenancy/domains/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Route, route } from "../dialect/route.ts";
import { type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import {
  createDomainBody,
  toV0Domain,
  toV0DomainItem,
  updateDomainBody,
  v0Domain,
  v0DomainItem,
  v0SetupLink,
} from "./shapes/domain.ts";
import { sample } from "./shapes/sample.ts";

const named = ({ params }: { params: Readonly<Record<string, string>> }) => ({
  domain: params["domain_id"] ?? "",
});

const domainList = pageSchema("ListDomainsResponse", "domains", v0DomainItem, "The domains of this page.");

const reading = ({ prefix, client, at, reach }: Mount): Route[] => [
  route({
    method: "get",
    path: `${prefix}/domains`,
    name: `${client}domains.list`,
    summary: `List domains${at}`,
    description: `The domains ${reach}, newest first, without status and records. A pod's key sees the pod's own, not those of the whole organization.`,
    query: z.object(pageFields()),
    does: listDomains,
    input: ({ query }) => pageRequest(query),
    answer: domainList,
    present: (page, { query }) => pageEnvelope("domains", page, query, toV0DomainItem),
  }),
  route({
    method: "get",
    path: `${prefix}/domains/{domain_id}`,
    name: `${client}domains.get`,
    summary: `Get a domain${at}`,
    description: "One domain by its name, in any case, with its status and the DNS records to publish.",
    does: getDomain,
    input: named,
    answer: v0Domain,
    present: toV0Domain,
  }),
  route({
    method: "get",
    path: `${prefix}/domains/{domain_id}/zone-file`,
    name: `${client}domains.getZoneFile`,
    summary: `Get a domain's records as a zone file${at}`,
    description: "The records to publish as text that DNS providers import (RFC 1035 section 5).",
    does: getZoneFile,
    input: named,
    content: {
      type: "text/plain; charset=utf-8",
      of: ({ text }) => text,
      headers: ({ domain }) => ({ "content-disposition": create(`${domain}.zone`) }),
    },
  }),
];

const writing = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/domains`,
    name: `${client}domains.create`,
    summary: `Create a domain${at}`,
    description:
      "Registers a domain with a DKIM key of its own and lists the DNS records to publish. One that this pod (or, at organization level, the organization) already has is returned unchanged, and so is the one created before with the same client_id; a domain that another pod or organization has verified is refused with 403, and so is, at organization level, one that a pod of the organization has, verified or not. What another organization, or for a pod another pod, has and has not verified may be registered: whose records are published gets it.",
    body: createDomainBody,
    does: createDomain,
    input: ({ body }) => fromWire(body),
    answer: v0Domain,
    present: toV0Domain,
  }),
  route({
    method: "patch",
    path: `${prefix}/domains/{domain_id}`,
    name: `${client}domains.update`,
    summary: `Update a domain${at}`,
    description: "Changes one or more of the domain's switches. The records to publish change with them.",
    body: updateDomainBody,
    does: updateDomain,
    input: ({ params, body }) => ({ ...named({ params }), ...fromWire(body) }),
    answer: v0Domain,
    present: toV0Domain,
  }),
  route({
    method: "delete",
    path: `${prefix}/domains/{domain_id}`,
    name: `${client}domains.delete`,
    summary: `Delete a domain${at}`,
    description:
      "Deletes the domain, with its DKIM key. Inboxes on it keep their mail. Registered again, it gets new records.",
    does: deleteDomain,
    input: named,
    status: 204,
  }),
];

const checking = ({ prefix, client, at }: Mount): Route[] => [
  route({
    method: "post",
    path: `${prefix}/domains/{domain_id}/verify`,
    name: `${client}domains.verify`,
    summary: `Verify a domain${at}`,
    description:
      "Looks the domain's records up now, and from then on often again until they are all there. What was found is in the domain. Answered with 409 when all are there and another tenant of this server has the name verified.",
    does: verifyDomain,
    input: named,
    status: 204,
  }),
  route({
    method: "post",
    path: `${prefix}/domains/{domain_id}/rotate-dkim`,
    name: `${client}domains.rotateDkim`,
    isOwn: true,
    summary: `Give a domain new DKIM keys${at}`,
    description:
      "Lists records of new keys beside those of the present ones. Each new key signs once its record is found; the record of the old one stays listed until what it signed is out. While keys wait for their records, no others are made.",
    does: rotateDkimKeys,
    input: named,
    answer: v0Domain,
    present: toV0Domain,
  }),
];

/** Of the operator alone. */
const own = route({
  method: "put",
  path: "/v0/installation/domain",
  name: "domains.registerOwn",
  isOwn: true,
  summary: "Register the server's own domain",
  description:
    "Registers the domain that inboxes are created on without one, with DKIM keys, so that it can be verified or trusted and its mail may leave; or gives back what was registered before. Only with an unrestricted key of the operator's organization.",
  does: registerOwnDomain,
  input: () => undefined,
  answer: v0Domain,
  present: toV0Domain,
});

const trusting = ["put", "delete"] as const;

/** Of the operator alone. */
const trust: Route[] = trusting.map((method) =>
  route({
    method,
    path: "/v0/domains/{domain_id}/trust",
    name: method === "put" ? "domains.trust" : "domains.distrust",
    isOwn: true,
    summary: method === "put" ? "Trust a domain" : "Take trust in a domain back",
    description:
      method === "put"
        ? "Makes the domain verified whatever its records say, for closed networks and development. Only with an unrestricted key of the operator's organization."
        : "From then on the domain is what its records say. Only with an unrestricted key of the operator's organization.",
    does: trustDomain,
    input: ({ params }) => ({ ...named({ params }), trusted: method === "put" }),
    answer: v0Domain,
    present: toV0Domain,
  }),
);

/** For the organization alone, as clients have it. */
const setupLink = route({
  method: "get",
  path: "/v0/domains/{domain_id}/setup-link",
  name: "domains.getSetupLink",
  summary: "Get a link that sets a domain's records",
  description:
    "Whether the domain's DNS provider can be told the records by a link. It is said to support none: publish the records by hand, or import the zone file.",
  does: getDomain,
  input: named,
  answer: v0SetupLink,
  present: () => ({ supported: false }),
});

export const domains = noun({
  name: "domains",
  title: "Domains",
  about: "Domains of your own, and the DNS records to publish for them.",
  parameters: {
    domain_id: {
      description: "The domain's name, in any case.",
      example: sample.domain,
    },
  },
  routes: [
    ...mount([organizationMount, podMount], (scope) => [
      ...reading(scope),
      ...writing(scope),
      ...checking(scope),
    ]),
    setupLink,
    own,
    ...trust,
  ],
});
