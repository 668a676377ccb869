/** API keys of the organization, of a pod, of an inbox (contract 7.3). */
import { z } from "@hono/zod-openapi";
import {
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  updateApiKey,
} from "../../../domain/api-keys/index.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount, type Route, route } from "./route.ts";
import {
  createApiKeyBody,
  toV0ApiKey,
  toV0CreatedApiKey,
  updateApiKeyBody,
  v0ApiKey,
  v0CreatedApiKey,
} from "./shapes/api-key.ts";

const listQuery = z.object({
  ...pageFields("api_keys"),
  type: z
    .enum(["bearer", "public_key"])
    .optional()
    .openapi({ description: "Only keys of this type; there are no public_key ones." }),
});

const getRoute: Route = route({
  method: "get",
  path: "/v0/api-keys/{api_key_id}",
  name: "apiKeys.get",
  summary: "Get an API key",
  description: "One key by its id, without its secret.",
  does: getApiKey,
  input: ({ params }) => ({ id: params["api_key_id"] ?? "", exact: false }),
  answer: v0ApiKey,
  present: toV0ApiKey,
});

/** The organization's list holds every key in reach, a pod's or inbox's only its own. */
const isExact = (scope: Mount): boolean => scope !== organizationMount;

const collectionRoutes = (scope: Mount): Route[] => {
  const { prefix, client } = scope;
  const exact = isExact(scope);
  return [
    route({
      method: "get",
      path: `${prefix}/api-keys`,
      name: `${client}apiKeys.list`,
      summary: "List API keys",
      description:
        "Keys in reach, newest first, without their secrets. Below a pod or an inbox: the keys of exactly that scope.",
      query: listQuery,
      does: listApiKeys,
      input: ({ query }) => ({
        page: pageRequest(query),
        exact,
        ...(query.type !== undefined && { type: query.type }),
      }),
      answer: pageSchema("api_keys", v0ApiKey),
      present: (page, { query }) => pageEnvelope("api_keys", page, query, toV0ApiKey),
    }),
    route({
      method: "post",
      path: `${prefix}/api-keys`,
      name: `${client}apiKeys.create`,
      summary: "Create an API key",
      description:
        "Makes a key that reaches this scope and nothing else, and never more than the key that makes it. The secret is shown once.",
      body: createApiKeyBody,
      does: createApiKey,
      input: ({ body }) => ({
        ...(body.name !== undefined && { name: body.name }),
        ...(body.permissions !== undefined && { permissions: body.permissions }),
      }),
      answer: v0CreatedApiKey,
      present: toV0CreatedApiKey,
    }),
  ];
};

const itemRoutes = (scope: Mount): Route[] => {
  const { prefix, client } = scope;
  const exact = isExact(scope);
  return [
    route({
      method: "patch",
      path: `${prefix}/api-keys/{api_key_id}`,
      name: `${client}apiKeys.update`,
      summary: "Update an API key",
      description: "Changes the name or the permissions of a key; null permissions lift all restrictions.",
      body: updateApiKeyBody,
      does: updateApiKey,
      input: ({ params, body }) => ({
        id: params["api_key_id"] ?? "",
        exact,
        ...(body.name !== undefined && { name: body.name }),
        ...(body.permissions !== undefined && { permissions: body.permissions }),
      }),
      answer: v0ApiKey,
      present: toV0ApiKey,
    }),
    route({
      method: "delete",
      path: `${prefix}/api-keys/{api_key_id}`,
      name: `${client}apiKeys.delete`,
      summary: "Delete an API key",
      description: "Revokes a key. It stops working at once, in every process.",
      does: deleteApiKey,
      input: ({ params }) => ({ id: params["api_key_id"] ?? "", exact }),
      status: 204,
    }),
  ];
};

export const apiKeyRoutes = [
  getRoute,
  ...mount([organizationMount, podMount, inboxMount], (scope) => [
    ...collectionRoutes(scope),
    ...itemRoutes(scope),
  ]),
];
