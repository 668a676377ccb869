/** The desired state of a fleet as one JSON document: what the API takes, and what a fleet file comes to. */
import { z } from "zod";
import { fleetList, fleetPolicy, fleetRule } from "./guardrails.ts";
import {
  MAX_DECLARED,
  MAX_GRACE_DAYS,
  MAX_INBOXES,
  MAX_KEYS,
  MAX_METADATA_KEYS,
  MAX_METADATA_LENGTH,
  MAX_NAME_LENGTH,
  MAX_RULES,
  MAX_SLUG_LENGTH,
  MAX_TENANTS,
  MAX_WEBHOOKS,
} from "./limits.ts";

const withTenant = "{tenant} in it is the tenant's slug";

/** What becomes a client_id. */
export const clientName = z
  .string()
  .min(1)
  .max(MAX_SLUG_LENGTH)
  .regex(/^[A-Za-z0-9\-._~]+$/, "may hold A-Z a-z 0-9 - . _ ~ alone");

const name = z.string().min(1).max(MAX_NAME_LENGTH);

const displayName = z
  .string()
  .max(MAX_NAME_LENGTH)
  .meta({ description: `Name before the address in the From of mail; ${withTenant}. Empty: none.` });

const metadata = z
  .record(
    z.string().min(1).max(MAX_METADATA_LENGTH),
    z.union([z.string().max(MAX_METADATA_LENGTH), z.number(), z.boolean()]),
  )
  .refine((given) => Object.keys(given).length <= MAX_METADATA_KEYS, {
    message: `may have ${MAX_METADATA_KEYS} keys at most`,
  })
  .meta({ description: `Your own data, kept with each inbox; ${withTenant}.` });

export const fleetKey = z
  .strictObject({
    name: name.meta({ description: "What the key is found by when the fleet is applied again." }),
    permissions: z
      .record(z.string(), z.boolean())
      .optional()
      .meta({ description: "What the key may do: each flag that is true. Absent: all in its scope." }),
  })
  .meta({ description: "A key to mint. Its secret goes where `secrets` says, once." });

const keys = z.array(fleetKey).max(MAX_KEYS);

export const fleetInbox = z
  .strictObject({
    role: clientName.meta({
      description:
        "What the inbox is for, such as support: it is found by it when the fleet is applied again.",
    }),
    address: z
      .string()
      .min(1)
      .meta({ description: `Its address; ${withTenant}.` }),
    display_name: displayName.optional(),
    metadata: metadata.optional(),
    keys: keys.optional().meta({ description: "Keys to this inbox alone." }),
  })
  .meta({ description: "One inbox of each tenant." });

export const fleetWebhook = z
  .strictObject({
    name: clientName.meta({ description: "What the webhook is found by when the fleet is applied again." }),
    url: z
      .string()
      .min(1)
      .meta({ description: `Where events are posted; ${withTenant}, percent-encoded.` }),
    event_types: z.array(z.string()).min(1).meta({ description: "Such as message.received." }),
  })
  .meta({ description: "An endpoint that events of the tenant's pod are posted to." });

/** What a tenant has; what is absent is not the fleet's, and neither set nor compared. */
const tenantFields = {
  name: name
    .optional()
    .meta({ description: `Name of the pod; ${withTenant}. Absent: the slug, when it is made.` }),
  display_name: displayName.optional().meta({ description: "Of each inbox that says none of its own." }),
  metadata: metadata.optional().meta({ description: "Of each inbox that says none of its own." }),
  policy: name
    .nullable()
    .optional()
    .meta({ description: "Name of a policy, of this document or there already. null: none attached." }),
  rules: z
    .array(name)
    .max(MAX_RULES)
    .optional()
    .meta({ description: "Names of rules, of this document or there already, in their order." }),
  inboxes: z.array(fleetInbox).max(MAX_INBOXES).optional(),
  keys: keys.optional().meta({ description: "Keys to the tenant's pod." }),
  webhooks: z.array(fleetWebhook).max(MAX_WEBHOOKS).optional(),
};

export const fleetDefaults = z
  .strictObject(tenantFields)
  .meta({ description: "What every tenant has that does not say otherwise." });

export const fleetTenant = z
  .strictObject({
    slug: clientName.meta({
      description: "Your name for the tenant: its pod's client_id. It never changes.",
    }),
    ...tenantFields,
  })
  .meta({ description: "One tenant. A field that it has replaces that of the defaults." });

/** All but the tenants. */
export const fleetSettings = {
  version: z.literal(1).meta({ description: "Version of this format." }),
  policies: declared(fleetPolicy, "Policies by name"),
  rules: declared(fleetRule, "Rules by name"),
  lists: declared(fleetList, "Lists of values by name"),
  defaults: fleetDefaults.optional(),
  removal: z
    .strictObject({
      grace_days: z
        .int()
        .min(0)
        .max(MAX_GRACE_DAYS)
        .optional()
        .meta({ description: "Days between the suspension of a tenant that left and its deletion." }),
    })
    .optional()
    .meta({ description: "How tenants that are in this document no more are removed." }),
};

export const fleetDocument = z
  .strictObject({ ...fleetSettings, tenants: z.array(fleetTenant).max(MAX_TENANTS) })
  .meta({ title: "Fleet", description: "The desired state of a fleet of tenants." });

function declared<Body extends z.ZodType>(body: Body, what: string) {
  return z
    .record(name, body)
    .refine((given) => Object.keys(given).length <= MAX_DECLARED, {
      message: `may have ${MAX_DECLARED} entries at most`,
    })
    .optional()
    .meta({ description: `${what}: made once, changed in place, shared by all tenants that name them.` });
}

export type FleetDocument = z.infer<typeof fleetDocument>;
export type FleetDefaults = z.infer<typeof fleetDefaults>;
export type FleetTenant = z.infer<typeof fleetTenant>;
export type FleetInbox = z.infer<typeof fleetInbox>;
