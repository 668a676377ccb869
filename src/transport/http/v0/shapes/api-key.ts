import { z } from "@hono/zod-openapi";
import { holds, permissions, spelledOut } from "../../../../domain/door/access/index.ts";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { ApiKey, Identity, MintedKey } from "../../../../domain/tenancy/api-keys/index.ts";
import { moment, present, timestamp, wire } from "./common.ts";
import { createdAt, inboxId, newClientId, organizationId, podId, updatedAt } from "./fields.ts";
import { flags } from "./permissions.ts";
import { sample } from "./sample.ts";

const keySample = {
  organization_id: sample.organizationId,
  api_key_id: sample.apiKeyId,
  prefix: sample.apiKeyPrefix,
  name: "Scout's key",
  pod_id: sample.podId,
  inbox_id: sample.inbox,
} as const;

const jwk = z
  .strictObject({
    kty: z.literal("EC").openapi({ description: "EC: an elliptic curve." }),
    crv: z.literal("P-256").openapi({ description: "The curve." }),
    x: z.string().openapi({
      description: "32 bytes of the point, in base64url without padding.",
      example: sample.jwkX,
    }),
    y: z.string().openapi({
      description: "The other 32 bytes, in base64url without padding.",
      example: sample.jwkY,
    }),
  })
  .openapi({
    title: "Public key on the curve P-256",
    description: "A JSON Web Key (RFC 7517) of exactly these members.",
    example: { kty: "EC", crv: "P-256", x: sample.jwkX, y: sample.jwkY },
  });

const readFields = {
  organization_id: organizationId,
  api_key_id: z.uuid().openapi({
    description: "The key's id, to get, change and delete it by. It is not a secret.",
    example: sample.apiKeyId,
  }),
  prefix: z.string().openapi({
    description: "The beginning of the secret, to tell keys apart.",
    example: sample.apiKeyPrefix,
  }),
  name: z.string().openapi({ description: "Display name.", example: "Scout's key" }),
  pod_id: podId.optional().openapi({
    description: "The pod of the key's scope; absent for a key of the organization.",
  }),
  inbox_id: inboxId.optional().openapi({
    description: "The inbox of the key's scope; absent for a key of a wider scope.",
  }),
  permissions: flags.optional().openapi({
    description:
      "What the key may do, with every flag spelled out; absent for an unrestricted key, which may do all that its scope allows.",
  }),
  created_at: createdAt,
  expires_at: timestamp.optional().openapi({
    description:
      "When it expires: from then on it is answered with 401 `api_key_expired`. Absent when it does not.",
  }),
};

export const v0ApiKey = z
  .object({
    type: z.literal("bearer").openapi({ description: "Always bearer: it has a secret." }),
    ...readFields,
    used_at: timestamp.optional().openapi({
      description: "When it was last used, to the minute; absent until it first is.",
    }),
    updated_at: updatedAt,
  })
  .openapi("ApiKey", {
    title: "API key",
    description: "A key without its secret, of which only a hash is stored.",
    example: {
      type: "bearer",
      ...keySample,
      used_at: sample.later,
      created_at: sample.at,
      updated_at: sample.at,
    },
  });

const { prefix: _prefix, permissions: _permissions, ...fieldsOfBoth } = readFields;

export const v0PublicKey = z
  .object({
    type: z.literal("public_key").openapi({ description: "Always public_key." }),
    ...fieldsOfBoth,
    client_id: z.string().optional().openapi({
      description: "Your own name for it, by which it is found as by its id; absent when there was none.",
      example: "agent-42",
    }),
    public_key: z
      .object({
        jwk: jwk.openapi({ description: "The key as it was registered." }),
        fingerprint: z.string().openapi({
          description: "SHA-256 thumbprint (RFC 7638), in base64url without padding.",
          example: sample.jwkFingerprint,
        }),
      })
      .openapi({
        title: "Public key with its fingerprint",
        example: {
          jwk: { kty: "EC", crv: "P-256", x: sample.jwkX, y: sample.jwkY },
          fingerprint: sample.jwkFingerprint,
        },
      })
      .openapi({ description: "The key, and what it is told by." }),
    permissions: flags.openapi({
      description: "What the key that registered it granted, with every flag spelled out.",
    }),
    created_by: z
      .object({
        api_key_id: z.string().optional().openapi({ description: "Id of the key that registered it." }),
      })
      .openapi({
        title: "Who registered a key",
        example: { api_key_id: sample.apiKeyId },
      })
      .openapi({ description: "The key that registered it." }),
    updated_at: updatedAt,
  })
  .openapi("PublicKeyCredential", {
    title: "Public key",
    description:
      "A public key that is registered, for signed requests at AgentMail's own service. Here it is stored and authenticates no request.",
  });

export const v0CreatedApiKey = z
  .object({
    api_key: z.string().openapi({
      description:
        "The secret: am_us_, am_us_pod_ or am_us_inbox_ by its scope, and 64 hex digits. Shown this once; keep it.",
      example: sample.apiKey,
    }),
    ...readFields,
  })
  .openapi("CreateApiKeyResponse", {
    title: "API key with its secret",
    example: { api_key: sample.apiKey, ...keySample, created_at: sample.at },
  });

/** Answer of a create: it has a secret, or is a public key that has none. */
export const v0CreatedKey = z.union([v0CreatedApiKey, v0PublicKey]);
export const v0AnyKey = z.union([v0ApiKey, v0PublicKey]);

/** Refuses, by name, what would make another key than the caller believes. Every other unknown field is ignored. */
const unsupported = (message: string, description: string) =>
  z
    .unknown()
    .refine((value) => value === undefined, message)
    .optional()
    .openapi({ description });

const name = z.string().openapi({
  description: `Display name: 1 to ${MAX_NAME_LENGTH} characters on one line.`,
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
  example: "Scout's key",
});

export const createApiKeyBody = z
  .object({
    name: name
      .optional()
      .openapi({ description: `1 to ${MAX_NAME_LENGTH} characters on one line; "API Key" when absent.` }),
    permissions: flags.nullable().optional().openapi({
      description:
        "What the key may do; never more than the key that creates it. Absent or null: all that the scope allows, which only an unrestricted key can give.",
    }),
    public_key: jwk.optional().openapi({
      description:
        "Registers this public key instead of making a secret. Its permissions and expiry are those of the key that registers it, unless given.",
    }),
    client_id: newClientId("public key", "the scope it is registered in").optional().openapi({
      description:
        "Of a public key alone: your own name for it. With one that was used before, the answer is the key registered then, and 409 when that is another.",
      example: "agent-42",
    }),
    expires_at: moment.optional().openapi({
      description:
        "When the key dies by itself: ISO 8601 with Z or an offset, in the future and not after the key that creates it. Absent or null: when that one does, if ever. It cannot be changed later.",
      example: sample.later,
    }),
  })
  .openapi("CreateApiKeyRequest", {
    title: "API key to create",
    example: {
      name: "Scout's key",
      permissions: { inbox_read: true, message_read: true, message_send: true },
    },
  });

export const createPublicKeyBody = z
  .object({
    ...createApiKeyBody.shape,
    public_key: jwk.openapi({ description: "The public key to register." }),
  })
  .openapi("CreatePublicKeyRequest", {
    title: "Public key to register",
    example: { public_key: { kty: "EC", crv: "P-256", x: sample.jwkX, y: sample.jwkY } },
  });

export const updateApiKeyBody = z
  .object({
    name: name.optional().openapi({
      description: `1 to ${MAX_NAME_LENGTH} characters on one line; unchanged when absent.`,
    }),
    permissions: flags.nullable().optional().openapi({
      description:
        "Replaces all flags; null removes every restriction, which only an unrestricted key can do; absent leaves them unchanged.",
    }),
    expires_at: unsupported(
      "expires_at cannot be changed: create another key",
      "Refused with 400: when a key expires is decided when it is created.",
    ),
  })
  .openapi("UpdateApiKeyRequest", { title: "Changes of an API key", example: { name: "Scout's old key" } });

export const v0Identity = z
  .object({
    scope_type: z
      .enum(["organization", "pod", "inbox"])
      .openapi({ description: "The key's scope: the organization, one pod, or one inbox." }),
    scope_id: z.string().openapi({
      description: "The id of that organization or pod, or the address of that inbox.",
      example: sample.inbox,
    }),
    organization_id: organizationId.openapi({ description: "The organization that the key belongs to." }),
    pod_id: podId.optional().openapi({
      description: "The pod of a pod's or an inbox's key; absent for an organization's.",
    }),
    inbox_id: inboxId.optional().openapi({ description: "The inbox of an inbox's key; absent for others." }),
    api_key_id: z.uuid().optional().openapi({
      description: "The id of the API key of the request.",
      example: sample.apiKeyId,
    }),
  })
  .openapi("Identity", {
    title: "Who a key is",
    example: {
      scope_type: "inbox",
      scope_id: sample.inbox,
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      inbox_id: sample.inbox,
      api_key_id: sample.apiKeyId,
    },
  });

const common = (key: ApiKey) => ({
  ...wire(key, ["organizationId"]),
  api_key_id: key.id,
  ...wire(key, ["prefix", "name", "podId"]),
  inbox_id: key.inboxAddress,
  // A present permissions object is written with every flag (contract 2.5).
  permissions: key.permissions === null ? null : spelledOut(key.permissions),
  ...wire(key, ["createdAt", "expiresAt"]),
});

/** What an unrestricted key holds is spelled out too: its clients need the object. */
const everything = (key: ApiKey) =>
  Object.fromEntries(permissions.map((name) => [name, holds(levelOf(key), null, name)]));

const levelOf = ({ podId, inboxId }: ApiKey) =>
  inboxId !== null ? "inbox" : podId !== null ? "pod" : "organization";

function toV0PublicKey(key: ApiKey): Record<string, unknown> {
  const { prefix: _none, ...rest } = common(key);
  return present({
    type: "public_key",
    ...rest,
    permissions: rest.permissions ?? spelledOut(everything(key)),
    client_id: key.clientId,
    public_key: key.publicKey,
    created_by: present({ api_key_id: key.createdByKeyId }),
    ...wire(key, ["usedAt", "updatedAt"]),
  });
}

export const toV0ApiKey = (key: ApiKey): Record<string, unknown> =>
  key.publicKey === null ? toV0BearerKey(key) : toV0PublicKey(key);

const toV0BearerKey = (key: ApiKey): Record<string, unknown> =>
  present({
    type: "bearer",
    ...common(key),
    ...wire(key, ["usedAt", "updatedAt"]),
  });

export const toV0CreatedApiKey = ({ key, secret }: MintedKey): Record<string, unknown> =>
  key.publicKey !== null ? toV0PublicKey(key) : present({ api_key: secret, ...common(key) });

export const toV0Identity = (identity: Identity): Record<string, unknown> =>
  present({
    scope_type: identity.level,
    scope_id: identity.inboxAddress ?? identity.podId ?? identity.organizationId,
    ...wire(identity, ["organizationId", "podId"]),
    inbox_id: identity.inboxAddress,
    api_key_id: identity.keyId,
  });
