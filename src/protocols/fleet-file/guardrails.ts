/** Policies, rules and value lists as a fleet declares them: the bodies that the API takes, under a name that is theirs. */
import { z } from "zod";
import { MAX_LIST_ITEMS } from "./limits.ts";

const limitNames = [
  "limit_attachment_size_limit",
  "limit_attachment_count_limit",
  "limit_size_total_mime",
  "limit_storage_total",
  "limit_count_daily_message_received",
  "limit_count_minute_message_sent",
  "limit_count_five_minutes_message_sent",
  "limit_count_hourly_message_sent",
  "limit_count_daily_email_sent",
  "limit_count_daily_message_sent",
  "limit_count_daily_message_per_grant",
  "limit_count_thirty_days_message_sent",
  "limit_count_recipients_per_message",
  "limit_count_daily_new_recipients",
  "limit_inbox_retention_period",
  "limit_spam_retention_period",
] as const;

const limit = z
  .int()
  .min(-1)
  .nullable()
  .optional()
  .meta({ description: "-1: no limit. null: the server's maximum." });

/** Total by type. */
const limits = z.strictObject({
  // Cast: fromEntries forgets which keys there are.
  ...(Object.fromEntries(limitNames.map((name) => [name, limit])) as Record<
    (typeof limitNames)[number],
    typeof limit
  >),
  limit_attachment_allowed_types: z
    .array(z.string())
    .nullable()
    .optional()
    .meta({ description: "Media types that attachments may have, such as image/*. Empty: all." }),
});

/** The body of a policy without its name. */
export const fleetPolicy = z
  .strictObject({
    limits: limits.optional(),
    options: z
      .strictObject({
        additional_folders: z.array(z.string()).optional(),
        use_cidr_aliasing: z.boolean().optional(),
        ai_header: z.boolean().optional(),
        ai_footer: z.string().optional(),
      })
      .optional(),
    spam_detection: z
      .strictObject({
        use_list_dnsbl: z.boolean().optional(),
        use_header_anomaly_detection: z.boolean().optional(),
        spam_sensitivity: z.number().optional(),
      })
      .optional(),
  })
  .meta({ description: "What inboxes may send, receive and keep." });

const condition = z.strictObject({
  field: z.string().meta({ description: "Such as from.domain or recipient.address." }),
  operator: z.string().meta({ description: "is, is_not, contains or in_list." }),
  value: z
    .union([z.string(), z.array(z.string())])
    .meta({ description: "A text; with in_list names of this document's lists, or ids of lists." }),
});

/** The body of a rule without its name. */
export const fleetRule = z
  .strictObject({
    description: z.string().optional(),
    priority: z.int().optional().meta({ description: "0 to 1000; the lower is evaluated first." }),
    enabled: z.boolean().optional(),
    trigger: z.string().optional().meta({ description: "inbound or outbound." }),
    match: z.strictObject({
      operator: z.string().optional().meta({ description: "all or any." }),
      conditions: z.array(condition),
    }),
    actions: z.array(
      z.strictObject({
        type: z.string().meta({ description: "Such as block, mark_as_spam or assign_to_folder." }),
        value: z.string().optional(),
      }),
    ),
  })
  .meta({ description: "Conditions, and what is done with a message that fits." });

export const fleetList = z
  .strictObject({
    type: z.string().meta({ description: "domain, tld or address." }),
    description: z.string().optional(),
    items: z.array(z.string()).max(MAX_LIST_ITEMS),
  })
  .meta({ description: "Values for rules to look up." });

export type FleetPolicy = z.infer<typeof fleetPolicy>;
export type FleetRule = z.infer<typeof fleetRule>;
export type FleetList = z.infer<typeof fleetList>;
