/** One of everything that `/v3` has for accounts, a server that answers with it, and commands run on that. */
import { onTestFinished } from "vitest";
import { callCommand, type Ended, type Settings } from "../support/command.ts";
import { type Answer, type Asked, answerOf, type RecordedApi, recordedApi } from "./recorded-api.ts";

export const id = (n: number): string => `019a1f5c-0d3e-7000-8a51-${String(n).padStart(12, "0")}`;
const at = 1_795_688_301;
export const atText = "2026-11-26T10:18:21Z";
const times = { created_at: at, updated_at: at };
export const ours = { application_id: id(99), organization_id: id(99) };

export const grant = {
  id: id(1),
  provider: "nylas",
  email: "support-acme@yourapp.example",
  name: "Acme <support>",
  grant_status: "valid",
  scope: [],
  settings: { email: "support-acme@yourapp.example", policy_id: id(50) },
  workspace_id: id(90),
  state: "x",
  ...times,
  blocked: false,
};
const fault = { code: "paused", message: "The account is paused", since: at };

export const bare = {
  ...grant,
  id: id(2),
  email: "b@yourapp.example",
  name: "",
  settings: {},
  grant_status: "invalid",
  blocked: true,
  faults: [fault],
};
const workspace = {
  workspace_id: id(90),
  application_id: id(99),
  name: "Default",
  domain: "",
  auto_group: false,
  default: true,
  policy_id: id(50),
  rule_ids: [id(59)],
  ...times,
};
export const policy = {
  id: id(50),
  name: "Baseline",
  ...ours,
  limits: { limit_count_daily_message_per_grant: 500, limit_attachment_count_limit: 10 },
  options: {},
  spam_detection: { spam_sensitivity: 1 },
  rules: [],
  ...times,
};
export const rule = {
  id: id(60),
  name: "No spam",
  priority: 10,
  enabled: true,
  trigger: "inbound",
  match: { operator: "all", conditions: [{ field: "from.domain", operator: "is", value: "spam.example" }] },
  actions: [{ type: "block" }],
  ...ours,
  ...times,
};
export const list = { id: id(70), name: "Blocked", type: "domain", items_count: 2, ...ours, ...times };

export const address = "support-acme%40yourapp.example";
export const server = (): Record<string, (asked: Asked) => Answer> => ({
  "GET /v3/grants": () => answerOf([grant, bare]),
  [`GET /v3/grants/${address}`]: () => answerOf(grant),
  [`GET /v3/grants/${id(1)}`]: () => answerOf(grant),
  [`PATCH /v3/grants/${address}`]: () => answerOf(grant),
  [`DELETE /v3/grants/${address}`]: () => ({ body: { request_id: "r-1" } }),
  "POST /v3/connect/custom": () => answerOf(grant, 201),
  "GET /v3/connectors": () => answerOf([{ name: "nylas", provider: "nylas", settings: {}, scope: [] }]),
  "GET /v3/workspaces": () => answerOf([workspace]),
  "POST /v3/workspaces": () => answerOf(workspace),
  [`GET /v3/workspaces/${id(90)}`]: () => answerOf(workspace),
  [`PATCH /v3/workspaces/${id(90)}`]: () => answerOf(workspace),
  [`DELETE /v3/workspaces/${id(90)}`]: () => ({ body: { request_id: "r-1" } }),
  [`POST /v3/workspaces/${id(90)}/manual-assign`]: () =>
    answerOf({
      application_id: id(99),
      workspace_id: id(90),
      domain: "",
      grants_assigned: [id(1)],
      grants_removed: null,
    }),
  "GET /v3/policies": () => answerOf([policy]),
  "POST /v3/policies": () => answerOf(policy),
  [`GET /v3/policies/${id(50)}`]: () => answerOf(policy),
  [`PUT /v3/policies/${id(50)}`]: () => answerOf(policy),
  [`DELETE /v3/policies/${id(50)}`]: () => ({ body: { request_id: "r-1" } }),
  "GET /v3/rules": () => answerOf({ items: [rule] }),
  "POST /v3/rules": () => answerOf(rule, 201),
  [`GET /v3/rules/${id(60)}`]: () => answerOf(rule),
  [`PUT /v3/rules/${id(60)}`]: () => answerOf(rule),
  [`DELETE /v3/rules/${id(60)}`]: () => ({ body: { request_id: "r-1" } }),
  "GET /v3/lists": () => answerOf([list]),
  "POST /v3/lists": () => answerOf(list, 201),
  [`GET /v3/lists/${id(70)}`]: () => answerOf(list),
  [`PUT /v3/lists/${id(70)}`]: () => answerOf(list),
  [`DELETE /v3/lists/${id(70)}`]: () => ({ body: { request_id: "r-1" } }),
  [`GET /v3/lists/${id(70)}/items`]: () =>
    answerOf([{ id: "1", value: "a.example" }, { value: "b.example" }]),
  [`POST /v3/lists/${id(70)}/items`]: () => answerOf(list),
  [`DELETE /v3/lists/${id(70)}/items`]: () => answerOf(list),
  [`POST /v0/inboxes/${address}/pause`]: () => ({ body: { inbox_id: grant.email } }),
  [`POST /v0/inboxes/${address}/resume`]: () => ({ body: { inbox_id: grant.email } }),
});

export const KEY = "am_us_0123456789abcdef0123";

export interface Ran extends Ended {
  readonly asked: RecordedApi["asked"];
}

/** Runs a command on a server of its own. Parts of `line` are separated by spaces; those with spaces in them are `extra`. */
export async function rookery(
  folder: string,
  line: string,
  { answers = server(), extra = [], settings = {} }: Partial<Options> = {},
): Promise<Ran> {
  const api = await recordedApi(answers);
  onTestFinished(() => api.end());
  const args = [...line.split(" "), ...extra];
  const ended = await callCommand(args, folder, {
    ROOKERY_BASE_URL: api.url,
    ROOKERY_API_KEY: KEY,
    ...settings,
  });
  return { ...ended, asked: api.asked };
}

export interface Options {
  readonly answers: Readonly<Record<string, (asked: Asked) => Answer>>;
  readonly extra: readonly string[];
  readonly settings: Settings;
}
