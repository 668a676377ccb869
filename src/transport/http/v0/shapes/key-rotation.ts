/** What a rotation of keys takes, and the lines it answers with. */
import { z } from "@hono/zod-openapi";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import type { Rotated, Rotation, RotationFailure } from "../../../../domain/tenancy/api-keys/index.ts";
import {
  MAX_OVERLAP_SECONDS,
  MAX_ROTATED_NAMES,
  MAX_ROTATED_TENANTS,
} from "../../../../domain/tenancy/api-keys/limits.ts";
import { inWireNames, wireErrors } from "../errors.ts";
import { bodyList, present, timestamp, wire } from "./common.ts";
import { sample } from "./sample.ts";

export const rotateKeysBody = z
  .object({
    names: bodyList(z.string().min(1).max(MAX_NAME_LENGTH), {
      description: `Names of the keys, 1 to ${MAX_ROTATED_NAMES}: those to pods and those to inboxes.`,
      minItems: 1,
      maxItems: MAX_ROTATED_NAMES,
      example: ["agent"],
    }),
    tenants: bodyList(z.string(), {
      description: `client_ids of the pods, ${MAX_ROTATED_TENANTS} at most; all pods that have one when absent.`,
      maxItems: MAX_ROTATED_TENANTS,
      example: [sample.podClientId],
    }).optional(),
    overlap_seconds: z.int().min(0).max(MAX_OVERLAP_SECONDS).optional().openapi({
      description: "Seconds for which the old keys go on working, a month at most; none when absent.",
      example: 86_400,
    }),
  })
  .openapi("RotateApiKeysRequest", {
    title: "Keys to rotate",
    example: { names: ["agent"], overlap_seconds: 86_400 },
  });

const key = {
  tenant: z.string().openapi({ description: "client_id of the pod.", example: sample.podClientId }),
  name: z.string().openapi({ description: "Name of the key.", example: "agent" }),
  pod_id: z.uuid().openapi({ description: "Its pod." }),
  address: z
    .string()
    .optional()
    .openapi({ description: "Of the inbox, for a key to one.", example: sample.inbox }),
};

const secret = z.object({
  type: z.literal("secret").openapi({ description: "Always `secret`." }),
  ...key,
  key_id: z.uuid().openapi({ description: "Id of the new key." }),
  api_key: z.string().openapi({ description: "The key itself, shown this once.", example: sample.apiKey }),
  expires_at: timestamp.optional().openapi({ description: "When it dies; absent when never." }),
  replaced_key_id: z.uuid().openapi({ description: "Id of the old key." }),
  replaced_expires_at: timestamp.optional().openapi({
    description: "When the old key dies; absent when it is gone, as its receipt was not confirmed.",
  }),
});

const failure = z.object({
  type: z.literal("failure").openapi({ description: "Always `failure`." }),
  tenant: key.tenant,
  name: key.name.optional(),
  address: key.address,
  key_id: z.uuid().optional().openapi({ description: "Id of the key that stays." }),
  code: z.string().openapi({ description: "Code of the error.", example: "permission_escalation" }),
  message: z.string().openapi({ description: "What is wrong." }),
});

const receipt = z.object({
  type: z.literal("receipt").openapi({ description: "Always `receipt`." }),
  receipt_id: z
    .uuid()
    .openapi({ description: "Confirms the secrets before it with POST /v0/fleet/receipts." }),
  secrets: z.int().openapi({ description: "Keys that it is for." }),
});

const end = z.object({ type: z.literal("rotated").openapi({ description: "Always `rotated`." }) });

export const rotationLine = z.union([secret, failure, receipt, end]);

export const rotationLines = ({ rotations, failures, receiptId, next }: Rotated): readonly unknown[] => [
  ...rotations.map(secretLine),
  ...failures.map(failureLine),
  ...(receiptId === null ? [] : [{ type: "receipt", receipt_id: receiptId, secrets: rotations.length }]),
  ...(next === null ? [{ type: "rotated" }] : []),
];

const secretLine = ({ tenant, minted, replacedId, replacedExpiresAt }: Rotation): unknown =>
  present({
    type: "secret",
    tenant,
    name: minted.key.name,
    pod_id: minted.key.podId,
    address: minted.key.inboxAddress,
    key_id: minted.key.id,
    api_key: minted.secret,
    ...wire(minted.key, ["expiresAt"]),
    replaced_key_id: replacedId,
    ...wire({ replacedExpiresAt }, ["replacedExpiresAt"]),
  });

const failureLine = ({ tenant, key: failed, failure: { code, details } }: RotationFailure): unknown =>
  present({
    type: "failure",
    tenant,
    name: failed?.name ?? null,
    address: failed?.inboxAddress ?? null,
    key_id: failed?.id ?? null,
    code: wireErrors[code].code,
    message: inWireNames(details.message),
  });
