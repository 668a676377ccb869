import type { BadValue } from "../bad-input/field-kinds.ts";
import type { TestNoun } from "./noun.ts";

const limits: readonly BadValue[] = [
  ...[-2, 1.5, 2 ** 60].map(
    (value): BadValue => ({
      says: `a limit of ${value}`,
      value: { limit_count_daily_email_sent: value },
      at: ["limit_count_daily_email_sent"],
    }),
  ),
  {
    says: "an older name of it",
    value: { limit_count_daily_message_per_grant: -2 },
    at: ["limit_count_daily_message_per_grant"],
  },
  {
    says: "no limit where there is always one",
    value: { limit_size_total_mime: -1 },
    at: ["limit_size_total_mime"],
  },
  {
    says: "junk that is kept as long as other mail",
    value: { limit_inbox_retention_period: 7, limit_spam_retention_period: 7 },
    at: ["limit_spam_retention_period"],
  },
  {
    says: "what is no media type",
    value: { limit_attachment_allowed_types: ["image/*", "pdf"] },
    at: ["limit_attachment_allowed_types", 1],
  },
  { says: "a limit above the server's maximum", value: { limit_size_total_mime: 2 ** 40 }, status: 403 },
  { says: "an unknown limit", value: { limit_count_hourly: 5 } },
];

const spam: readonly BadValue[] = [0, 5.1, -1].map((value) => ({
  says: `a sensitivity of ${value}`,
  value: { spam_sensitivity: value },
  at: ["spam_sensitivity"],
}));

const options: readonly BadValue[] = [
  { says: "a folder without a name", value: { additional_folders: [""] }, at: ["additional_folders", 0] },
];

const body = () => ({ name: "Two" });
const fields = { name: "name", limits, options, spam_detection: spam, rules: [] } as const;

export const policies: TestNoun = {
  dialect: "v3",
  tables: ["policies"],
  absent: { policy_id: "01999999-0000-7000-8000-000000000000" },
  // Attached to no pod: the tenant's own keys do not see it either.
  furnish: async ({ nylas, name }) => ({
    policy_id: (await nylas.policies.create({ requestBody: { name } })).data.id,
  }),
  routes: {
    "policies.list": {},
    "policies.find": {},
    "policies.create": { body, fields, empty: "name" },
    "policies.update": { body, fields, empty: "accepted" },
    "policies.destroy": {},
  },
};
