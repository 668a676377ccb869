import { randomUUID } from "node:crypto";
import type { BadValue } from "../bad-input/field-kinds.ts";
import { type TestNoun, thing } from "./noun.ts";

const bad = (says: string, value: unknown): BadValue => ({ says, value });

const from = (value: unknown, more: object = {}) => ({
  conditions: [{ field: "from.domain", operator: "is", value, ...more }],
});
const match = from("evil.example");
const inList = (id: string) => ({ conditions: [{ field: "from.domain", operator: "in_list", value: [id] }] });

const matches: readonly BadValue[] = [
  bad("no conditions", {}),
  bad("no condition", { conditions: [] }),
  bad("1,000 conditions", {
    conditions: Array.from({ length: 1000 }, () => from("a.example").conditions[0]),
  }),
  bad("an unknown word", { ...match, unless: [] }),
  bad("an unknown operator", { ...match, operator: "none" }),
  bad("an unknown word in a condition", from("a.example", { not: true })),
  bad("an unknown field", from("a.example", { field: "subject" })),
  bad("a field of sends", from("a.example", { field: "recipient.domain" })),
  bad("an unknown operator of a condition", from("a.example", { operator: "matches" })),
  bad("a value that is a number", from(1)),
  bad("a value that is null", from(null)),
  bad("a value that is a list", from(["a.example"])),
  bad("an empty value", from(" ")),
  bad("a value of 501 characters", from("x".repeat(501))),
  bad("a list that is none", from("nonsense", { operator: "in_list" })),
  bad("a list that is not there", inList(randomUUID())),
  bad("a text", "from evil.example"),
];

const doings: readonly BadValue[] = [
  bad("none", []),
  bad("an unknown one", [{ type: "forward" }]),
  bad("block and another", [{ type: "block" }, { type: "trash" }]),
  bad("a value for one that takes none", [{ type: "trash", value: "x" }]),
  bad("no folder", [{ type: "assign_to_folder" }]),
  bad("an unknown word", [{ type: "trash", when: "now" }]),
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
      empty: null,
    },
    "rules.update": { body, fields, empty: "accepted" },
    "rules.destroy": {},
    "rules.listEvaluations": {},
  },
};
