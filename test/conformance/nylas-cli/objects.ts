/**
 * What Nylas's command line decodes, as strictly as Go does, and what it cannot do without: unknown keys pass, a
 * number for a text or a text for a time breaks the command. Lists are never null, so that `--json` prints `[]`.
 */
import { z } from "zod";

/** Needed, and empty is as bad as absent. */
const needed = z.string().min(1);
/** Go reads null and absent as "". */
const text = z.string().nullish();
/** Whole seconds. The command also reads texts of RFC 3339 in some places and breaks at them in others. */
const seconds = z.int().positive();
const texts = z.array(z.string());

export const one = <Data extends z.ZodType>(data: Data) => z.object({ data });
export const many = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().min(1).optional() });
/** Of rules alone: a flat array is an error to the command. */
export const nested = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.object({ items: z.array(item) }), next_cursor: z.string().min(1).optional() });

/** What was made, of whichever kind. */
export const anyId = z.object({ id: needed });

export const grant = z.object({
  id: needed,
  provider: z.literal("nylas"),
  email: needed,
  name: text,
  grant_status: needed,
  workspace_id: needed,
  settings: z.object({ policy_id: text }),
  scope: texts,
  credential_id: text,
  blocked: z.boolean().nullish(),
  created_at: seconds,
  updated_at: seconds,
});

export const connector = z.object({
  id: text,
  name: needed,
  provider: needed,
  settings: z.record(z.string(), z.unknown()),
  scopes: texts.nullish(),
  default_workspace_id: text,
  created_at: seconds.nullish(),
  updated_at: seconds.nullish(),
});

export const workspace = z.object({
  workspace_id: needed,
  application_id: needed,
  name: needed,
  domain: text,
  auto_group: z.boolean(),
  default: z.boolean(),
  policy_id: text,
  rule_ids: texts,
  created_at: seconds,
  updated_at: seconds,
});

export const assigned = z.object({
  application_id: needed,
  workspace_id: needed,
  domain: text,
  grants_assigned: texts,
  grants_removed: texts,
});

const limit = z.int().nullish();

export const policy = z.object({
  id: needed,
  name: needed,
  application_id: needed,
  organization_id: needed,
  rules: texts,
  limits: z.object({
    limit_attachment_size_limit: limit,
    limit_attachment_count_limit: limit,
    limit_attachment_allowed_types: texts,
    limit_size_total_mime: limit,
    limit_storage_total: limit,
    limit_count_daily_message_per_grant: limit,
    limit_inbox_retention_period: limit,
    limit_spam_retention_period: limit,
  }),
  spam_detection: z.object({
    use_list_dnsbl: z.boolean(),
    use_header_anomaly_detection: z.boolean(),
    spam_sensitivity: z.number(),
  }),
  created_at: seconds,
  updated_at: seconds,
});

export const rule = z.object({
  id: needed,
  name: needed,
  description: text,
  priority: z.int(),
  enabled: z.boolean(),
  trigger: needed,
  match: z.object({
    operator: needed,
    conditions: z
      .array(z.object({ field: needed, operator: needed, value: z.union([z.string(), texts]) }))
      .min(1),
  }),
  actions: z.array(z.object({ type: needed, value: text })).min(1),
  application_id: needed,
  organization_id: needed,
  created_at: seconds,
  updated_at: seconds,
});

export const valueList = z.object({
  id: needed,
  name: needed,
  description: text,
  type: z.enum(["domain", "tld", "address"]),
  items_count: z.int(),
  application_id: text,
  organization_id: text,
  created_at: seconds,
  updated_at: seconds,
});

export const listItem = z.object({ value: needed });

export const redirectUri = z.object({ id: needed, url: needed, platform: needed });

export const application = z.object({
  application_id: needed,
  organization_id: needed,
  region: needed,
  environment: needed,
  branding: z.object({ name: needed }),
  callback_uris: z.array(redirectUri),
  metadata: z.record(z.string(), z.string()).nullish(),
  created_at: seconds.nullish(),
  updated_at: seconds.nullish(),
});
