/** Managed domains (nylas 2.4): those of the key's scope, by id or by name. */
import { z } from "@hono/zod-openapi";
import {
  createDomain,
  deleteDomain,
  getDomain,
  listDomains,
  renameDomain,
  verifyDomain,
} from "../../../domain/tenancy/domains/index.ts";
import { isUuid } from "../../../lib/uuid.ts";
import { noun } from "../dialect/dialect.ts";
import { type Params, route } from "../dialect/route.ts";
import { dataOf, dataSchema, done, doneSchema, pageOf, pageSchema } from "./answers.ts";
import { cursorFields, cursorRequest } from "./pages.ts";
import {
  createDomainBody,
  domain,
  toDomain,
  toVerification,
  updateDomainBody,
  verification,
  verificationBody,
} from "./shapes/domain.ts";
import { sample } from "./shapes/sample.ts";

const path = "/v3/admin/domains";
const one = dataSchema("ManagedDomainResponse", domain);

const named = ({ domain_address: name = "" }: Params) =>
  isUuid(name) ? { domainId: name } : { domain: name };

export const domains = noun({
  name: "domains",
  title: "Managed domains",
  about: "Domains of your own, and the DNS records to publish for them.",
  parameters: {
    domain_address: { description: "The domain's id, or the domain in any case.", example: sample.domain },
  },
  routes: [
    route({
      method: "get",
      path,
      name: "domains.list",
      summary: "List domains",
      description: "The domains that the key reaches, newest first.",
      query: z.object(cursorFields()),
      does: listDomains,
      input: ({ query }) => cursorRequest(query),
      answer: pageSchema("ManagedDomainsResponse", domain),
      present: (page) => pageOf(page, toDomain),
    }),
    route({
      method: "post",
      path,
      name: "domains.create",
      summary: "Create a domain",
      description:
        "Registers a domain with a DKIM key of its own. One that is already registered where the key would register it is returned unchanged; one that is registered elsewhere is refused with 409.",
      body: createDomainBody,
      does: createDomain,
      fields: { domain: ["domain_address"] },
      input: ({ body }) => ({ domain: body.domain_address, name: body.name }),
      answer: one,
      present: ({ domain: made }) => dataOf(toDomain(made)),
    }),
    route({
      method: "get",
      path: `${path}/{domain_address}`,
      name: "domains.find",
      summary: "Get a domain",
      description: "One domain.",
      does: getDomain,
      input: ({ params }) => named(params),
      answer: one,
      present: ({ domain: found }) => dataOf(toDomain(found)),
    }),
    route({
      method: "put",
      path: `${path}/{domain_address}`,
      name: "domains.update",
      summary: "Update a domain",
      description: "Changes what people call it.",
      body: updateDomainBody,
      does: renameDomain,
      input: ({ params, body: { name } }) => ({ ...named(params), ...(name !== undefined && { name }) }),
      answer: one,
      present: ({ domain: changed }) => dataOf(toDomain(changed)),
    }),
    route({
      method: "delete",
      path: `${path}/{domain_address}`,
      name: "domains.destroy",
      summary: "Delete a domain",
      description: "Deletes the domain, with its DKIM key. Accounts on it keep their mail.",
      does: deleteDomain,
      input: ({ params }) => named(params),
      answer: doneSchema,
      present: done,
    }),
    route({
      method: "post",
      path: `${path}/{domain_address}/info`,
      name: "domains.info",
      summary: "Get a record to publish",
      description: "Which DNS record to publish for one kind of verification, and whether it was found.",
      body: verificationBody,
      does: getDomain,
      input: ({ params }) => named(params),
      answer: dataSchema("DomainVerificationResponse", verification),
      present: (found, { body }) => dataOf(toVerification(found, body.type)),
    }),
    route({
      method: "post",
      path: `${path}/{domain_address}/verify`,
      name: "domains.verify",
      summary: "Look a record up",
      description:
        "Looks the domain's records up now, all of them, and says what was found of those for one kind of verification.",
      body: verificationBody,
      does: verifyDomain,
      input: ({ params }) => named(params),
      answer: dataSchema("DomainVerificationResponse", verification),
      present: (found, { body }) => dataOf(toVerification(found, body.type)),
    }),
  ],
});
