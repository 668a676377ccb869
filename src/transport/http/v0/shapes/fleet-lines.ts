/** Lines of JSON that the fleet's routes answer with. Each has a `type`; a line without one is an error, and the last. */
import { z } from "@hono/zod-openapi";
import { timestamp } from "./common.ts";
import { sample } from "./sample.ts";

/** What of a tenant or of the organization a change is about. */
export const changeKinds = ["policy", "rule", "list", "pod", "inbox", "key", "webhook"] as const;

/** create: it is not there. adopt: it is there, and the fleet did not make it. update: fields differ. replace: a key whose secret nobody confirmed. resend: the secret of a webhook that nobody confirmed, as it is. suspend, delete: it is to go. resume: its suspension ends. keep: it is there beyond the document, and an apply leaves it. */
export const changeActions = [
  "create",
  "adopt",
  "update",
  "replace",
  "resend",
  "suspend",
  "resume",
  "delete",
  "keep",
] as const;

/**
 * new: the file has it, and the fleet never made it. file: the file says something else than at the last apply. drift: the
 * file does not, so somebody changed it in Rookery. unconfirmed: of a secret. removed: the file does not have the tenant any more.
 */
export const changeCauses = ["new", "file", "drift", "unconfirmed", "removed"] as const;

/** What a line is. */
const type = (name: string) => z.literal(name).openapi({ description: `Always \`${name}\`.` });
const count = (description: string) => z.int().openapi({ description, example: 1 });

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
        from: fieldValue.openapi({ description: "What it has; absent when nothing." }),
        to: fieldValue.openapi({ description: "What it is to have." }),
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
  type: type("progress"),
  done: z
    .int()
    .openapi({ description: "Tenants looked at so far, those to be removed as well.", example: 500 }),
  total: z.int().openapi({ description: "Of so many.", example: 10_000 }),
});

const changeLine = z.object({ type: type("change"), ...change });

/** A tenant that the request is wrong about; an apply does nothing for it. */
const failure = z.object({
  type: type("failure"),
  tenant: tenant.optional().openapi({ description: "Slug of the tenant." }),
  change_id: z
    .string()
    .optional()
    .openapi({ description: "The change that failed; absent: all of the tenant." }),
  kind: z.enum(changeKinds).optional().openapi({ description: "What of the tenant failed." }),
  name: z.string().optional().openapi({ description: "Its name, as in a change." }),
  code: z.string().openapi({ description: "Code of the error.", example: "already_exists" }),
  message: z.string().openapi({ description: "What is wrong.", example: "Inbox already exists" }),
  fix: z.string().optional().openapi({ description: "What to do." }),
});

/** POST /v0/fleet/plan: `change` and `failure` lines, `progress` between them, then this. */
const planSummary = z.object({
  type: type("plan"),
  plan_id: z.string().openapi({ description: "Its id, for an apply.", example: sample.podId }),
  hash: z.string().openapi({ description: "Of the changes: equal plans have equal hashes." }),
  expires_at: timestamp.openapi({ description: "Until when it can be applied." }),
  tenants: z.int().openapi({ description: "Tenants of the document." }),
  unchanged: z.int().openapi({ description: "Those of them that are as they should be." }),
  changes: counts,
  drift: z
    .int()
    .openapi({ description: "Changes whose cause is drift, without what is left as it is (`keep`)." }),
  failures: z.int().openapi({ description: "Failure lines." }),
  orphans: z.int().openapi({ description: "Pods that have a client_id and are not in the document." }),
});

/** POST /v0/fleet/apply: for each batch that is committed `change`, `failure` and `secret` lines, its `receipt` when it has secrets, and `progress`; then this. */
const applySummary = z.object({
  type: type("applied"),
  plan_id: z.string().openapi({ description: "The plan that it was.", example: sample.podId }),
  tenants: z.int().openapi({ description: "Tenants of the document." }),
  unchanged: z.int().openapi({ description: "Those that were as they should be." }),
  changes: counts,
  failed_tenants: z
    .int()
    .openapi({ description: "Tenants with a failure; the next apply tries them again." }),
});

const secret = z.object({
  type: type("secret"),
  tenant,
  name: z
    .string()
    .openapi({ description: "Name of the key; `role/name` for one to an inbox.", example: "support/agent" }),
  address: z
    .string()
    .optional()
    .openapi({ description: "Of the inbox, for a key to one.", example: sample.inbox }),
  pod_id: z.string().openapi({ description: "The tenant's pod.", example: sample.podId }),
  key_id: z.string().openapi({ description: "Id of the key.", example: sample.podId }),
  api_key: z.string().openapi({ description: "The key itself, shown this once." }),
});

/** Of webhooks made, and of those whose secrets were not confirmed: what their deliveries are signed with, which can be read again at any time. */
const webhookSecret = z.object({
  type: type("webhook_secret"),
  tenant,
  name: z.string().openapi({ description: "Name of the webhook in the document.", example: "events" }),
  webhook_id: z.string().openapi({ description: "Id of the webhook.", example: sample.webhookId }),
  secret: z.string().openapi({ description: "What its deliveries are signed with." }),
});

const receipt = z.object({
  type: type("receipt"),
  receipt_id: z.string().openapi({
    description:
      "Confirms the secrets before it with POST /v0/fleet/receipts, once they are stored. Keys that are not confirmed are replaced by the next apply, and secrets of webhooks come again.",
  }),
  secrets: count("Keys that it is for; webhooks' secrets need no confirming."),
});

/** GET /v0/fleet/status: one a tenant, in order of the document, then orphans; then a summary. */
const tenantRow = z.object({
  type: type("tenant"),
  tenant: tenant.optional().openapi({ description: "Absent for a pod without a client_id." }),
  state: z.enum(["in_sync", "drift", "gap", "orphan", "suspended"]).openapi({
    description:
      "in_sync: as the document says. drift: there are changes. gap: in the document and not here. orphan: here and not in the document. suspended: on its way out.",
  }),
  pod_id: z.string().optional().openapi({ description: "Its pod; absent when there is none." }),
  display_name: z.string().optional().openapi({ description: "Name of the pod." }),
  addresses: z
    .array(z.string())
    .openapi({ description: "Addresses of its inboxes.", example: [sample.inbox] }),
  health: z.enum(["valid", "invalid"]).optional().openapi({ description: "Absent when it has no inbox." }),
  faults: z
    .array(
      z.object({
        code: z.string().openapi({ description: "For programs.", example: "webhook_failing" }),
        message: z.string().openapi({ description: "One sentence." }),
        address: z.string().optional().openapi({ description: "Of the inbox." }),
        since: timestamp.optional().openapi({ description: "Since when; absent when unknown." }),
      }),
    )
    .openapi({ description: "Why it is not valid; empty when it is." }),
  delete_at: timestamp.optional().openapi({ description: "Of one that is suspended: when it is deleted." }),
  changes: z.array(z.object(change)).openapi({ description: "What an apply would change." }),
});

const statusSummary = z.object({
  type: type("summary"),
  tenants: count("Tenant lines."),
  in_sync: count("Those as the document says."),
  drift: count("Those with changes."),
  gap: count("Those that are not here."),
  orphan: count("Those that the document does not have."),
  suspended: count("Those on their way out."),
  invalid: z.int().openapi({ description: "Tenants whose health is invalid." }),
  shared_changes: z.array(z.object(change)).openapi({ description: "Changes of policies, rules and lists." }),
});

/** POST /v0/fleet/offboard. */
export const offboardAnswer = z
  .object({
    changes: z.array(z.object(change)).openapi({ description: "What was done: suspend or delete." }),
    failures: z.array(failure).openapi({ description: "Tenants that could not be removed, and why." }),
    unchanged: z.int().openapi({ description: "Tenants that were on their way out already." }),
  })
  .openapi("OffboardTenantsResponse", { title: "Tenants removed" });

/** GET /v0/fleet/document: each tenant as a document has it, what it cannot say, then a summary. */
const documentTenant = z.object({
  type: type("tenant"),
  tenant: z.unknown().openapi({ description: "An entry of `tenants` in a document." }),
  pod_id: z.string().openapi({ description: "Its pod.", example: sample.podId }),
});

const left = z.object({
  type: type("skipped"),
  pod_id: z.string().openapi({ description: "The pod.", example: sample.podId }),
  why: z.string().openapi({ description: "Such as a pod without a client_id, which has no slug." }),
});

const documentSummary = z.object({
  type: type("summary"),
  tenants: count("Tenant lines."),
  skipped: count("Skipped lines."),
});

/** A named schema of lines, each told from the others by its type. */
const lines = (name: string, title: string, of: readonly [z.ZodType, z.ZodType, ...z.ZodType[]]) =>
  z.union(of).openapi(name, { title });

export const planLine = lines("PlanLine", "Line of a plan", [changeLine, failure, progress, planSummary]);
export const applyLine = lines("ApplyLine", "Line of an apply", [
  changeLine,
  failure,
  secret,
  webhookSecret,
  receipt,
  progress,
  applySummary,
]);
export const statusLine = lines("FleetStatusLine", "Line of an inventory", [tenantRow, statusSummary]);
export const documentLine = lines("FleetDocumentLine", "Line of a document", [
  documentTenant,
  left,
  documentSummary,
]);
