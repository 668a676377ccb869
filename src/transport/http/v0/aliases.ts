/** Addresses of an inbox beside its own: routes of this server's own, which the vendor does not have. */
import { createAlias, deleteAlias, listAliases } from "../../../domain/tenancy/aliases/index.ts";
import { noun } from "../dialect/dialect.ts";
import { route } from "../dialect/route.ts";
import { inboxMount } from "./mounts.ts";
import { aliasList, createAliasBody, toV0Alias, v0Alias } from "./shapes/alias.ts";

const path = `${inboxMount.prefix}/aliases`;

export const aliases = noun({
  name: "aliases",
  title: "Aliases",
  about: "Addresses of an inbox beside its own, and the catch-all of a domain.",
  parameters: {
    alias: { description: "The address, in any case.", example: "sales@agents.example.com" },
  },
  routes: [
    route({
      method: "get",
      path,
      name: "inboxes.aliases.list",
      isOwn: true,
      summary: "List the aliases of an inbox",
      description: "All of them, by their addresses.",
      does: listAliases,
      input: () => undefined,
      answer: aliasList,
      present: (found) => ({ count: found.length, aliases: found.map(toV0Alias) }),
    }),
    route({
      method: "post",
      path,
      name: "inboxes.aliases.create",
      isOwn: true,
      summary: "Give an inbox an alias",
      description:
        "The inbox gets mail to the address from then on, and may send under it. With * before the @ the inbox gets what comes for the domain and no other inbox has. The domain is a verified one of the pod or of the organization, or the server's own, which can have no catch-all. One that the inbox has already is returned unchanged; one that another has is refused with 403.",
      body: createAliasBody,
      does: createAlias,
      input: ({ body }) => body,
      answer: v0Alias,
      present: toV0Alias,
    }),
    route({
      method: "delete",
      path: `${path}/{alias}`,
      name: "inboxes.aliases.delete",
      isOwn: true,
      summary: "Delete an alias of an inbox",
      description: "Mail to the address is refused from then on, unless the domain has a catch-all.",
      does: deleteAlias,
      input: ({ params }) => ({ address: params["alias"] ?? "" }),
      status: 204,
    }),
  ],
});
