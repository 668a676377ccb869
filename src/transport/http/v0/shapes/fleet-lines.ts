/** Lines of JSON that the fleet's routes answer with. Each has a `type`; a line without one is an error, and the last. */
import { z } from "@hono/zod-openapi";
import { timestamp } from "./common.ts";
import { sample } from "./sample.ts";

/** What of a tenant or of the organization a change is about. */
export const changeKinds = ["policy", "rule", "list", "pod", "inbox", "key", "webhook"] as const;

/** create: it is not there. adopt: it is there, and the fleet did not make it. update: fields differ. replace: a key whose secret nobody confirmed. suspend, delete: it is to go. resume: its suspension ends. */
export const changeActions = [
  "create",
  "adopt",
  "update",
  "replace",
  "suspend",
  "resume",
  "delete",
  "remove",
] as const;

/**
 * new: the file has it, and the fleet never made it. file: the file says something else than at the last apply. drift: the
 * file does not, so somebody changed it in Rookery. unconfirmed: of a key. removed: the file does not have the tenant any more.
 */
export const changeCauses = ["new", "file", "drift", "unconfirmed", "removed"] as const;

const fieldValue = z.unknown().openapi({ description: "Absent: it has none." });

const tenant = z.string().openapi({ description: "Slug of the tenant.", example: "acme" });

const change = {
  id: z.string().openapi({
    description: "The same for the same change in every plan and apply: c_ and 24 hex digits.",
    example: "c_0f3a5b8e21d94c77a8d0b6e2",
  }),
  action: z.enum(changeActions).openapi({ description: "What is done.", example: "update" }),
  kind: z.enum(changeKinds).openapi({ description: "To what.", example: "webhook" }),
  tenant: tenant.optional().openapi({ description: "Slug of the tenant; absent for what tenants share." }),
  name: z.string().openapi({
    description:
      "Slug of a pod, role of an inbox, name of a key, webhook, policy, rule or list. A key to an inbox is `role/name`.",
    example: "events",
  }),
  address: z.string().optional().openapi({ description: "Of an inbox.", example: sample.inbox }),
  object_id: z.string().optional().openapi({
    description: "Id of what is there; absent when nothing is.",
    example: sample.podId,
  }),
  fields: z
    .array(
      z.object({
        field: z.string().openapi({ description: "Name of the field in the file.", example: "enabled" }),
        from: fieldValue,
        to: fieldValue,
      }),
    )
    .optional()
    .openapi({ description: "Of an update: what differs." }),
  cause: z.enum(changeCauses).openapi({ description: "Why, for programs.", example: "drift" }),
  why: z
    .string()
    .openapi({ description: "Why, in one sentence.", example: "enabled was changed in Rookery" }),
  by: z
    .object({
      actor: z.string().openapi({ description: "Name of who did it.", example: "key" }),
      key_id: z.string().optional().openapi({ description: "Id of the key, when it was one." }),
      operation: z.string().openapi({ description: "What was done.", example: "webhook.update" }),
      at: timestamp.openapi({ description: "When." }),
    })
    .optional()
    .openapi({ description: "Of drift: who did it, when the audit log still knows." }),
};

const counts = z
  .record(z.string(), z.int())
  .openapi({ description: "Number of changes by action.", example: { create: 5, update: 1 } });

const progress = z.object({
  type: z.literal("progress"),
  done: z
    .int()
    .openapi({ description: "Tenants looked at so far, those to be removed as well.", example: 500 }),
  total: z.int().openapi({ description: "Of so many.", example: 10_000 }),
});

const changeLine = z.object({ type: z.literal("change"), ...change });

/** A tenant that the request is wrong about; an apply does nothing for it. */
const failure = z.object({
  type: z.literal("failure"),
  tenant: tenant.optional(),
  change_id: z
    .string()
    .optional()
    .openapi({ description: "The change that failed; absent: all of the tenant." }),
  kind: z.enum(changeKinds).optional(),
  name: z.string().optional(),
  code: z.string().openapi({ description: "Code of the error.", example: "already_exists" }),
  message: z.string().openapi({ description: "What is wrong.", example: "Inbox already exists" }),
  fix: z.string().optional().openapi({ description: "What to do." }),
});

/** POST /v0/fleet/plan: `change` and `failure` lines, `progress` between them, then this. */
const planSummary = z.object({
  type: z.literal("plan"),
  plan_id: z.string().openapi({ description: "Its id, for an apply.", example: sample.podId }),
  hash: z.string().openapi({ description: "Of the changes: equal plans have equal hashes." }),
  expires_at: timestamp.openapi({ description: "Until when it can be applied." }),
  tenants: z.int().openapi({ description: "Tenants of the document." }),
  unchanged: z.int().openapi({ description: "Those of them that are as they should be." }),
  changes: counts,
  drift: z.int().openapi({ description: "Changes whose cause is drift." }),
  failures: z.int().openapi({ description: "Failure lines." }),
  orphans: z.int().openapi({ description: "Pods that have a client_id and are not in the document." }),
});

/** POST /v0/fleet/apply: for each batch that is committed `change`, `failure` and `secret` lines, its `receipt` when it has secrets, and `progress`; then this. */
const applySummary = z.object({
  type: z.literal("applied"),
  plan_id: z.string(),
  tenants: z.int().openapi({ description: "Tenants of the document." }),
  unchanged: z.int().openapi({ description: "Those that were as they should be." }),
  changes: counts,
  failed_tenants: z
    .int()
    .openapi({ description: "Tenants with a failure; the next apply tries them again." }),
});

const secret = z.object({
  type: z.literal("secret"),
  tenant,
  name: z
    .string()
    .openapi({ description: "Name of the key; `role/name` for one to an inbox.", example: "support/agent" }),
  address: z
    .string()
    .optional()
    .openapi({ description: "Of the inbox, for a key to one.", example: sample.inbox }),
  pod_id: z.string(),
  key_id: z.string(),
  api_key: z.string().openapi({ description: "The key itself, shown this once." }),
});

/** Of webhooks made: what their deliveries are signed with, which can be read again at any time. */
const webhookSecret = z.object({
  type: z.literal("webhook_secret"),
  tenant,
  name: z.string(),
  webhook_id: z.string(),
  secret: z.string(),
});

const receipt = z.object({
  type: z.literal("receipt"),
  receipt_id: z.string().openapi({
    description:
      "Confirms the secrets before it with POST /v0/fleet/receipts, once they are stored. Keys that are not confirmed are replaced by the next apply.",
  }),
  secrets: z.int(),
});

/** GET /v0/fleet/status: one a tenant, in order of the document, then orphans; then a summary. */
const tenantRow = z.object({
  type: z.literal("tenant"),
  tenant: tenant.optional().openapi({ description: "Absent for a pod without a client_id." }),
  state: z.enum(["in_sync", "drift", "gap", "orphan", "suspended"]).openapi({
    description:
      "in_sync: as the document says. drift: there are changes. gap: in the document and not here. orphan: here and not in the document. suspended: on its way out.",
  }),
  pod_id: z.string().optional(),
  display_name: z.string().optional(),
  addresses: z.array(z.string()),
  health: z.enum(["valid", "invalid"]).optional().openapi({ description: "Absent when it has no inbox." }),
  faults: z
    .array(
      z.object({
        code: z.string().openapi({ example: "webhook_failing" }),
        message: z.string(),
        address: z.string().optional(),
        since: timestamp.optional(),
      }),
    )
    .openapi({ description: "Why it is not valid; empty when it is." }),
  delete_at: timestamp.optional().openapi({ description: "Of one that is suspended: when it is deleted." }),
  changes: z.array(z.object(change)).openapi({ description: "What an apply would change." }),
});

const statusSummary = z.object({
  type: z.literal("summary"),
  tenants: z.int(),
  in_sync: z.int(),
  drift: z.int(),
  gap: z.int(),
  orphan: z.int(),
  suspended: z.int(),
  invalid: z.int().openapi({ description: "Tenants whose health is invalid." }),
  shared_changes: z.array(z.object(change)).openapi({ description: "Changes of policies, rules and lists." }),
});

export const planLine = z.union([changeLine, failure, progress, planSummary]);
export const applyLine = z.union([
  changeLine,
  failure,
  secret,
  webhookSecret,
  receipt,
  progress,
  applySummary,
]);
export const statusLine = z.union([tenantRow, statusSummary]);

/** GET /v0/fleet/document: first what tenants share, then each tenant as the document has it; then a summary. */
const sharedOf = z.object({
  type: z.literal("shared"),
  policies: z.record(z.string(), z.unknown()),
  rules: z.record(z.string(), z.unknown()),
  lists: z.record(z.string(), z.unknown()),
});

const documentTenant = z.object({
  type: z.literal("tenant"),
  tenant: z.unknown().openapi({ description: "An entry of `tenants` in a document." }),
  pod_id: z.string(),
});

const left = z.object({
  type: z.literal("skipped"),
  pod_id: z.string(),
  why: z.string().openapi({ description: "Such as a pod without a client_id, which has no slug." }),
});

const documentSummary = z.object({ type: z.literal("summary"), tenants: z.int(), skipped: z.int() });

export const documentLine = z.union([sharedOf, documentTenant, left, documentSummary]);
