import { expect, test } from "vitest";
import { overviewOf } from "./overview.ts";
import { overviewText } from "./overview-text.ts";

const times = { created_at: 1, updated_at: 1 };
const grant = (id: string, workspace: string) => ({
  id,
  provider: "nylas",
  email: `${id}@a.example`,
  grant_status: id === "g2" ? "invalid" : "valid",
  workspace_id: workspace,
  ...times,
});
const rule = (id: string, lists: string[]) => ({
  id,
  name: `Rule ${id}`,
  trigger: "outbound",
  enabled: id !== "r2",
  match: {
    conditions: [
      { field: "from.domain", operator: "is", value: "l3" },
      ...lists.map((value) => ({ field: "from.domain", operator: "in_list", value: [value] })),
    ],
  },
  actions: [{ type: "block" }],
  ...times,
});
const list = (id: string) => ({ id, name: `List ${id}`, type: "domain", items_count: 0 });

const fleet = {
  grants: [grant("g1", "w1"), grant("g2", "w1"), grant("g3", "w9")],
  workspaces: [
    { workspace_id: "w1", name: "One", default: true, policy_id: "p1", rule_ids: ["r1", "r9"], ...times },
    { workspace_id: "w2", name: "Two", auto_group: true, policy_id: "p9", rule_ids: [], ...times },
  ],
  policies: [
    { id: "p1", name: "Policy p1", ...times },
    { id: "p2", name: "Policy p2", ...times },
  ],
  rules: [rule("r1", ["l1", "l9", "l1"]), rule("r2", ["l2"])],
  lists: [list("l1"), list("l2"), list("l3")],
};

const policy = { id: "p1", name: "Policy p1", missing: false };
const rules = [
  {
    id: "r1",
    name: "Rule r1",
    trigger: "outbound",
    enabled: true,
    missing: false,
    lists: [
      { id: "l1", name: "List l1", missing: false },
      { id: "l9", name: "", missing: true },
    ],
  },
  { id: "r9", name: "", trigger: "", enabled: false, missing: true },
];
const account = (id: string, status: string) => ({
  id,
  email: `${id}@a.example`,
  status,
  workspace_id: "w1",
  workspace_name: "One",
  workspace_missing: false,
  auto_group: false,
  default: true,
  shared_with: 1,
  policy,
  rules,
});

test("accounts, workspaces and guardrails are joined; ids that lead nowhere are marked, and what governs nobody is apart", () => {
  const overview = overviewOf(fleet);
  const expected = {
    accounts: [
      account("g1", "valid"),
      account("g2", "invalid"),
      {
        id: "g3",
        email: "g3@a.example",
        status: "valid",
        workspace_id: "w9",
        workspace_name: "",
        workspace_missing: true,
        auto_group: false,
        default: false,
        shared_with: 0,
      },
    ],
    workspaces: [
      {
        id: "w1",
        name: "One",
        auto_group: false,
        default: true,
        policy,
        rules,
        accounts: ["g1@a.example", "g2@a.example"],
      },
      {
        id: "w2",
        name: "Two",
        auto_group: true,
        default: false,
        policy: { id: "p9", name: "", missing: true },
      },
    ],
    orphan_policies: [{ id: "p2", name: "Policy p2", missing: false }],
    orphan_rules: [
      {
        id: "r2",
        name: "Rule r2",
        trigger: "outbound",
        enabled: false,
        missing: false,
        lists: [{ id: "l2", name: "List l2", missing: false }],
      },
    ],
    unused_lists: [{ id: "l3", name: "List l3", missing: false }],
    totals: { accounts: 3, lists: 3, policies: 2, rules: 2, workspaces: 2 },
  };
  // As text, because scripts see the order of the fields.
  expect(JSON.stringify(overview, null, 2)).toBe(JSON.stringify(expected, null, 2));
});

test("nothing at all is nothing but totals", () => {
  const none = { grants: [], workspaces: [], policies: [], rules: [], lists: [] };
  expect(overviewOf(none)).toEqual({
    accounts: [],
    workspaces: [],
    totals: { accounts: 0, lists: 0, policies: 0, rules: 0, workspaces: 0 },
  });
});

test("people see a tree, with the first twenty accounts of a workspace", () => {
  const many = Array.from({ length: 23 }, (_, index) => grant(`a${index}`, "w2"));
  const lines = overviewText(overviewOf({ ...fleet, grants: [...fleet.grants, ...many] })).split("\n");
  expect(lines[0]).toBe("2 workspaces, 26 accounts, policies: 2, rules: 2, lists: 3");
  expect(lines).toContain("├─ rule: Rule r1, outbound, list List l1, list l9 (missing)");
  expect(lines).toContain("└─   g2@a.example  invalid");
  expect(lines).toContain("├─   a19@a.example  active");
  expect(lines).toContain("└─   and 3 more");
  expect(lines.join("\n")).not.toContain("a20@");
  expect(lines).toContain("Accounts whose workspace this key may not see");
  expect(lines).toContain("Rules of no workspace");
  const all = overviewOf({ ...fleet, rules: fleet.rules.map((one) => ({ ...one, enabled: true })) });
  const inForce = overviewText(all).split("\n");
  expect(inForce).toContain("Outbound rules of no workspace, which govern every account");
  expect(inForce).not.toContain("Rules of no workspace");
});
