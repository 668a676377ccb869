import { randomUUID } from "node:crypto";
import type { BadValue } from "../bad-input/field-kinds.ts";
import { type TestNoun, thing } from "./noun.ts";

const bad = (says: string, value: unknown, ...at: (string | number)[]): BadValue => ({ says, value, at });

const from = (value: unknown, more: object = {}) => ({
  conditions: [{ field: "from.domain", operator: "is", value, ...more }],
});
const match = from("evil.example");
const inList = (id: string) => ({ conditions: [{ field: "from.domain", operator: "in_list", value: [id] }] });

/** The first condition. */
const first = ["conditions", 0] as const;
const thousand = Array.from({ length: 1000 }, () => match.conditions[0]);

const matches: readonly BadValue[] = [
  bad("no conditions", {}, "conditions"),
  bad("no condition", { conditions: [] }, "conditions"),
  bad("1,000 conditions", { conditions: thousand }, "conditions"),
  bad("an unknown word", { ...match, unless: [] }),
  bad("an unknown operator", { ...match, operator: "none" }, "operator"),
  bad("an unknown word in a condition", from("a.example", { not: true }), ...first),
  bad("an unknown field", from("a.example", { field: "subject" }), ...first, "field"),
  bad("a field of sends", from("a.example", { field: "recipient.domain" }), ...first, "field"),
  bad("an unknown operator of a condition", from("a.example", { operator: "matches" }), ...first, "operator"),
  bad("a value that is a number", from(1), ...first, "value"),
  bad("a value that is null", from(null), ...first, "value"),
  bad("a value that is a list", from(["a.example"]), ...first, "value"),
  bad("an empty value", from(" "), ...first, "value"),
  bad("a value of 501 characters", from("x".repeat(501)), ...first, "value"),
  bad("a list that is none", from("nonsense", { operator: "in_list" }), ...first, "value", 0),
  bad("a list that is not there", inList(randomUUID()), ...first, "value", 0),
  bad("a text", "from evil.example"),
];

const doings: readonly BadValue[] = [
  bad("none", []),
  bad("an unknown one", [{ type: "forward" }], 0, "type"),
  bad("block and another", [{ type: "block" }, { type: "trash" }]),
  bad("a value for one that takes none", [{ type: "trash", value: "x" }], 0, "value"),
  bad("no folder", [{ type: "assign_to_folder" }], 0, "value"),
  bad("an unknown word", [{ type: "trash", when: "now" }], 0),
  bad("a text", "block"),
];

const fields = {
  name: [bad("an empty name", ""), bad("257 characters", "x".repeat(257)), bad("a number", 1)],
  description: [bad("2,001 characters", "x".repeat(2001)), bad("a number", 1)],
  priority: [
    bad("-1", -1),
    bad("1001", 1001),
    bad("a fraction", 0.5),
    bad("a text", "10"),
    bad("1e30", 1e30),
  ],
  enabled: [bad("a text", "yes"), bad("a number", 1)],
  trigger: [bad("an unknown one", "sideways"), bad("a number", 1)],
  match: matches,
  actions: doings,
};

const body = () => ({
  name: "N",
  description: "D",
  priority: 10,
  enabled: true,
  trigger: "inbound",
  match,
  actions: [{ type: "block" }],
});

/** One rule of the organization, which names its list; and evaluations, which no request makes. */
export const rules: TestNoun = {
  dialect: "v3",
  tables: ["rules"],
  absent: { rule_id: randomUUID() },
  uses: ["list_id"],
  async furnish({ nylas, name, things }) {
    const { data } = await nylas.rules.create({
      requestBody: {
        name,
        trigger: "inbound",
        match: inList(thing(things, "list_id")),
        actions: [{ type: "block" }],
      } as Parameters<typeof nylas.rules.create>[0]["requestBody"],
    });
    return { rule_id: data.id };
  },
  routes: {
    "rules.list": {},
    "rules.find": {},
    "rules.create": {
      body,
      fields,
      empty: "name",
    },
    "rules.update": { body, fields, empty: "accepted" },
    "rules.destroy": {},
    "rules.listEvaluations": {},
  },
};

const terms = { trigger: "inbound", match, actions: [{ type: "block" }] };

/** Of this server's own routes, which judge mail and change nothing. */
export const ruleTrials: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  routes: {
    "rules.dryRun": {
      body: () => ({ rule: terms, since: "2026-01-01T00:00:00Z" }),
      fields: {
        rule_id: [{ says: "a rule beside another", value: randomUUID(), at: null }, bad("a number", 1)],
        rule: [
          ...matches.map(({ says, value, at }) =>
            bad(`a match of ${says}`, { ...terms, match: value }, "match", ...(at ?? [])),
          ),
          ...doings
            .filter(({ value }) => typeof value !== "string")
            .map(({ says, value, at }) =>
              bad(`actions of ${says}`, { ...terms, actions: value }, "actions", ...(at ?? [])),
            ),
          bad("an unknown word", { ...terms, unless: true }),
          bad("a text", "block evil.example"),
        ],
        policy_id: [{ says: "a policy beside a rule", value: randomUUID(), at: null }, bad("a number", 1)],
        policy: [
          { says: "a policy beside a rule", value: { limits: {} }, at: null },
          bad("a text", "tight"),
          bad("an unknown limit", { limits: { limit_count_hourly: 5 } }, "limits"),
        ],
        since: [bad("no moment", "yesterday"), bad("the future", "2126-01-01T00:00:00Z"), bad("a number", 1)],
      },
      empty: null,
    },
    "rules.explain": {},
  },
};
