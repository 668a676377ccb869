import { z } from "@hono/zod-openapi";
import { permissions } from "../../../../domain/access/index.ts";
import type { ApiKey, Identity } from "../../../../domain/api-keys/index.ts";
import { present, timestamp } from "./common.ts";

const flags = z.record(z.string(), z.boolean());

const readFields = {
  organization_id: z.uuid(),
  api_key_id: z.uuid(),
  prefix: z.string(),
  name: z.string(),
  pod_id: z.string().optional(),
  inbox_id: z.string().optional(),
  permissions: flags.optional(),
  created_at: timestamp,
};

export const v0ApiKey = z
  .object({
    type: z.literal("bearer"),
    ...readFields,
    used_at: timestamp.optional(),
    expires_at: timestamp.optional(),
    updated_at: timestamp,
  })
  .openapi("ApiKey");

export const v0CreatedApiKey = z
  .object({ api_key: z.string().openapi({ description: "The secret. Shown this once." }), ...readFields })
  .openapi("CreateApiKeyResponse");

/** Refuses, by name, what would make another key than the caller believes. Every other unknown field is ignored. */
const unsupported = (message: string) =>
  z
    .unknown()
    .refine((value) => value === undefined, message)
    .optional()
    .openapi({ description: "Not supported; refused." });

export const createApiKeyBody = z
  .object({
    name: z.string().optional(),
    permissions: flags
      .nullable()
      .optional()
      .openapi({ description: "Granted permissions; absent or null: all that the scope allows." }),
    public_key: unsupported("public_key is not supported: keys are bearer tokens here"),
    expires_at: unsupported("expires_at is not supported: delete the key when it is no longer wanted"),
  })
  .openapi("CreateApiKeyRequest");

export const updateApiKeyBody = z
  .object({ name: z.string().optional(), permissions: flags.nullable().optional() })
  .openapi("UpdateApiKeyRequest");

export const v0Identity = z
  .object({
    scope_type: z.enum(["organization", "pod", "inbox"]),
    scope_id: z.string(),
    organization_id: z.uuid(),
    pod_id: z.string().optional(),
    inbox_id: z.string().optional(),
    api_key_id: z.string().optional(),
  })
  .openapi("Identity");

/** A present permissions object is written with every flag (contract 2.5). */
function spelledOut(key: ApiKey): Record<string, boolean> | null {
  if (key.permissions === null) return null;
  return { ...Object.fromEntries(permissions.map((name) => [name, false])), ...key.permissions };
}

const common = (key: ApiKey) => ({
  organization_id: key.organizationId,
  api_key_id: key.id,
  prefix: key.prefix,
  name: key.name,
  pod_id: key.podId,
  inbox_id: key.inboxAddress,
  permissions: spelledOut(key),
  created_at: key.createdAt.toISOString(),
});

export const toV0ApiKey = (key: ApiKey): Record<string, unknown> =>
  present({
    type: "bearer",
    ...common(key),
    used_at: key.usedAt?.toISOString(),
    expires_at: key.expiresAt?.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  });

export const toV0CreatedApiKey = ({
  key,
  secret,
}: {
  key: ApiKey;
  secret: string;
}): Record<string, unknown> => present({ api_key: secret, ...common(key) });

export const toV0Identity = (identity: Identity): Record<string, unknown> =>
  present({
    scope_type: identity.level,
    scope_id: identity.inboxAddress ?? identity.podId ?? identity.organizationId,
    organization_id: identity.organizationId,
    pod_id: identity.podId,
    inbox_id: identity.inboxAddress,
    api_key_id: identity.keyId,
  });
