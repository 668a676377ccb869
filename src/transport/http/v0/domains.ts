/** Custom domains, of the organization and of one pod (contract 7.6). */

import { z } from "@hono/zod-openapi";
import { create } from "content-disposition";
import {
  createDomain,
  deleteDomain,
  getDomain,
  getZoneFile,
  listDomains,
  updateDomain,
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
    query: z.object(pageFields("domains")),
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
      "Registers a domain with a DKIM key of its own and lists the DNS records to publish. One that this pod (or, at organization level, the organization) already has is returned unchanged, and so is the one created before with the same client_id; a domain of another pod or organization is refused with 403.",
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
  routes: mount([organizationMount, podMount], (scope) => [...reading(scope), ...writing(scope)]),
});
