/** API keys of the organization, of a pod, of an inbox (contract 7.3). */

import { z } from "@hono/zod-openapi";
import { revokeSignInKeys } from "../../../domain/tenancy/absent/index.ts";
import {
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  type Rotated,
  type RotationCursor,
  rotateKeys,
  updateApiKey,
} from "../../../domain/tenancy/api-keys/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Route, route } from "../dialect/route.ts";
import { inboxMount, type Mount, mount, organizationMount, podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import {
  createApiKeyBody,
  createPublicKeyBody,
  toV0ApiKey,
  toV0CreatedApiKey,
  updateApiKeyBody,
  v0AnyKey,
  v0CreatedKey,
  v0PublicKey,
} from "./shapes/api-key.ts";
import { rotateKeysBody, rotationLine, rotationLines } from "./shapes/key-rotation.ts";
import { sample } from "./shapes/sample.ts";

const listQuery = z.object({
  ...pageFields(),
  type: z.enum(["bearer", "public_key"]).optional().openapi({
    description: "Only keys of this type, which have a secret or are public keys; of both when absent.",
  }),
});

const keyList = pageSchema("ListApiKeysResponse", "api_keys", v0AnyKey, "The keys of this page.");

const getRoute: Route = route({
  method: "get",
  path: "/v0/api-keys/{api_key_id}",
  name: "apiKeys.get",
  summary: "Get an API key",
  description: "One key by its id, without its secret, in the caller's scope.",
  does: getApiKey,
  input: ({ params }) => ({ id: params["api_key_id"] ?? "", exact: false }),
  answer: v0AnyKey,
  present: toV0ApiKey,
});

const rotateRoute: Route = route({
  method: "post",
  path: "/v0/api-keys/rotate",
  isOwn: true,
  name: "apiKeys.rotate",
  summary: "Rotate API keys",
  description:
    "Gives many keys new secrets at once: those of the given names, to pods that have a client_id and are not suspended, and to their inboxes. Each new key has the name, scope, permissions and expiry of the old one, which is renamed, and works until the overlap ends. Answered with lines of JSON: a batch's `secret` and `failure` lines, then its `receipt`, to be confirmed with POST /v0/fleet/receipts once the secrets are stored; `rotated` at the end, without which the stream was cut. A key whose receipt is not confirmed is replaced by the next rotation or apply.",
  body: rotateKeysBody,
  does: rotateKeys,
  input: ({ body }) => ({
    names: body.names,
    tenants: body.tenants ?? null,
    overlapSeconds: body.overlap_seconds ?? 0,
    from: null as RotationCursor | null,
  }),
  answer: rotationLine,
  lines: {
    of: rotationLines,
    next: ({ next }: Rotated, input) => (next === null ? null : { ...input, from: next }),
  },
});

/** The organization's list has every key in the scope, a pod's or inbox's only its own. */
const isExact = (scope: Mount): boolean => scope !== organizationMount;

const collectionRoutes = (scope: Mount): Route[] => {
  const { prefix, client, at, reach } = scope;
  const exact = isExact(scope);
  return [
    route({
      method: "get",
      path: `${prefix}/api-keys`,
      name: `${client}apiKeys.list`,
      summary: `List API keys${at}`,
      description: `The API keys ${reach}, newest first, without their secrets.${scope === podMount ? " Those of its inboxes are listed there." : ""}`,
      query: listQuery,
      does: listApiKeys,
      input: ({ query }) => ({
        page: pageRequest(query),
        exact,
        ...fromWire({ type: query.type }),
      }),
      answer: keyList,
      present: (page, { query }) => pageEnvelope("api_keys", page, query, toV0ApiKey),
    }),
    route({
      method: "post",
      path: `${prefix}/api-keys`,
      name: `${client}apiKeys.create`,
      summary: `Create an API key${at}`,
      description: `Creates a key of ${exact ? "this scope" : "the scope of the key that creates it"}, with no more permissions and no longer life than that key. The secret is returned in this answer only. Each request creates another key. With public_key it registers that key instead, which lets nobody in.`,
      body: createApiKeyBody,
      does: createApiKey,
      input: ({ body: { public_key: publicKey, ...body } }) => ({
        ...fromWire(body),
        ...(publicKey !== undefined && { publicKey }),
      }),
      answer: v0CreatedKey,
      present: toV0CreatedApiKey,
    }),
  ];
};

const itemRoutes = (scope: Mount): Route[] => {
  const { prefix, client, at } = scope;
  const exact = isExact(scope);
  return [
    route({
      method: "patch",
      path: `${prefix}/api-keys/{api_key_id}`,
      name: `${client}apiKeys.update`,
      summary: `Update an API key${at}`,
      description:
        "Changes the name or the permissions of a key, with immediate effect. A restricted key can neither grant a permission that it does not hold nor change a key that holds more.",
      body: updateApiKeyBody,
      does: updateApiKey,
      input: ({ params, body }) => ({
        id: params["api_key_id"] ?? "",
        exact,
        ...fromWire(body),
      }),
      answer: v0AnyKey,
      present: toV0ApiKey,
    }),
    route({
      method: "delete",
      path: `${prefix}/api-keys/{api_key_id}`,
      name: `${client}apiKeys.delete`,
      summary: `Delete an API key${at}`,
      description: "Revokes a key, with immediate effect.",
      does: deleteApiKey,
      input: ({ params }) => ({ id: params["api_key_id"] ?? "", exact }),
      status: 204,
    }),
  ];
};

/** Of the directory of apps, which this server has none of; for clients before 0.5.27. */
const revokeAllRoute = route({
  method: "post",
  path: "/v0/api-keys/public-keys/agentid-sign-in/revoke-all",
  isOwn: true,
  name: "apiKeys.revokeAllSignInKeys",
  refused: { status: 404, because: "this server has no directory of apps." },
  bodyNamesObjects: true,
  summary: "Revoke sign-in keys",
  description: "Ends all keys that agents signed in to apps with; for clients before 0.5.27.",
  does: revokeSignInKeys,
  input: () => undefined,
});

/** Where clients before 0.5.27 have public keys: the same keys, listed apart. */
const olderRoutes: Route[] = [
  route({
    method: "get",
    path: "/v0/api-keys/public-keys",
    isOwn: true,
    name: "apiKeys.listPublicKeys",
    summary: "List public keys",
    description: "The public keys that the key reaches, newest first; for clients before 0.5.27.",
    query: z.object(pageFields()),
    does: listApiKeys,
    input: ({ query }) => ({ page: pageRequest(query), exact: false, type: "public_key" as const }),
    answer: pageSchema("ListPublicKeysResponse", "public_keys", v0PublicKey, "The keys of this page."),
    present: (page, { query }) => pageEnvelope("public_keys", page, query, toV0ApiKey),
  }),
  route({
    method: "post",
    path: "/v0/api-keys/public-keys",
    isOwn: true,
    name: "apiKeys.createPublicKey",
    summary: "Register a public key",
    description: "Registers a public key, in the scope of the key that does; for clients before 0.5.27.",
    body: createPublicKeyBody,
    does: createApiKey,
    input: ({ body: { public_key: publicKey, ...body } }) => ({ ...fromWire(body), publicKey }),
    answer: v0PublicKey,
    present: toV0CreatedApiKey,
  }),
  route({
    method: "patch",
    path: "/v0/api-keys/public-keys/{api_key_id}",
    isOwn: true,
    name: "apiKeys.updatePublicKey",
    summary: "Update a public key",
    description: "As updating an API key; for clients before 0.5.27.",
    body: updateApiKeyBody,
    does: updateApiKey,
    input: ({ params, body }) => ({ id: params["api_key_id"] ?? "", exact: false, ...fromWire(body) }),
    answer: v0AnyKey,
    present: toV0ApiKey,
  }),
  route({
    method: "delete",
    path: "/v0/api-keys/public-keys/{api_key_id}",
    isOwn: true,
    name: "apiKeys.deletePublicKey",
    summary: "Delete a public key",
    description: "As deleting an API key; for clients before 0.5.27.",
    does: deleteApiKey,
    input: ({ params }) => ({ id: params["api_key_id"] ?? "", exact: false }),
    status: 204,
  }),
];

export const apiKeys = noun({
  name: "apiKeys",
  title: "API keys",
  about: "Keys for the organization, one pod or one inbox, with the permissions you choose.",
  parameters: {
    api_key_id: {
      description: "The key's id, not the key itself; of a public key also its client_id.",
      example: sample.apiKeyId,
    },
  },
  routes: [
    ...olderRoutes,
    revokeAllRoute,
    getRoute,
    rotateRoute,
    ...mount([organizationMount, podMount, inboxMount], (scope) => [
      ...collectionRoutes(scope),
      ...itemRoutes(scope),
    ]),
  ],
});
