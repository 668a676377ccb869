/** What follows from a batch of tenants alone. */
import type { Installation } from "../../door/context.ts";
import { attempt, type Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { type CreateWebhook, planWebhook, type WebhookPlan } from "../../notify/webhooks/index.ts";
import { type ApiKeyPlan, type CreateApiKey, planApiKey } from "../../tenancy/api-keys/index.ts";
import { type CreateInbox, type InboxPlan, planInbox } from "../../tenancy/inboxes/index.ts";
import { type CreatePod, type PodPlan, planPod } from "../../tenancy/pods/index.ts";
import { MAX_FLEET_BATCH, MAX_FLEET_OBJECTS } from "./limits.ts";

export interface NewTenant {
  readonly pod: CreatePod;
  readonly inboxes: readonly NewInbox[];
  /** To the pod. */
  readonly keys: readonly CreateApiKey[];
  /** Of the pod, for what they name in it, else for all of it. */
  readonly webhooks: readonly CreateWebhook[];
}

export interface NewInbox extends CreateInbox {
  /** To the inbox. */
  readonly keys: readonly CreateApiKey[];
}

export interface CreateTenants {
  readonly tenants: readonly NewTenant[];
}

/** One object of a tenant; a plan that is refused fails alone. Its identity is what its outcome is found by. */
export interface Part<Plan> {
  readonly plan: Plan | Failure;
}

export interface InboxPart extends Part<InboxPlan> {
  readonly keys: readonly Part<ApiKeyPlan>[];
}

export interface TenantPlan {
  readonly pod: Part<PodPlan>;
  readonly inboxes: readonly InboxPart[];
  readonly keys: readonly Part<ApiKeyPlan>[];
  readonly webhooks: readonly Part<WebhookPlan>[];
}

/** @throws Failure input.invalid for a batch that is too large */
export function planTenants({ tenants }: CreateTenants, installation: Installation): TenantPlan[] {
  if (tenants.length > MAX_FLEET_BATCH)
    throw invalid(["tenants"], says`${field("tenants")} may have ${MAX_FLEET_BATCH} entries at most`);
  const objects = tenants.reduce((sum, tenant) => sum + countObjects(tenant), 0);
  if (objects > MAX_FLEET_OBJECTS)
    throw invalid(
      ["tenants"],
      says`${field("tenants")} may have ${MAX_FLEET_OBJECTS} pods, inboxes, keys and webhooks at most`,
      "Split the batch.",
    );
  return tenants.map((tenant) => planTenant(tenant, installation));
}

/** One of them. */
export const planTenant = (tenant: NewTenant, installation: Installation): TenantPlan => ({
  pod: part(() => planPod(tenant.pod)),
  inboxes: tenant.inboxes.map((inbox) => ({
    ...part(() => planInbox(inbox, installation)),
    keys: keysOf(inbox.keys),
  })),
  keys: keysOf(tenant.keys),
  webhooks: tenant.webhooks.map((webhook) => part(() => planWebhook(webhook, installation))),
});

const part = <Plan>(plan: () => Plan): Part<Plan> => ({ plan: attempt(plan) });
const keysOf = (keys: readonly CreateApiKey[]) => keys.map((key) => part(() => planApiKey(key)));

function countObjects({ inboxes, keys, webhooks }: NewTenant): number {
  const inInboxes = inboxes.reduce((sum, inbox) => sum + 1 + inbox.keys.length, 0);
  return 1 + inInboxes + keys.length + webhooks.length;
}
