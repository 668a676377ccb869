import { type TestNoun, thing } from "./noun.ts";

const notUuids = [
  { says: "no UUID", value: "policy" },
  { says: "empty", value: "" },
  { says: "another's", value: "0190a000-0000-7000-8000-00000000dead" },
] as const;
const notDomains = [
  { says: "no domain", value: "no domain" },
  { says: "an address", value: "a@example.com" },
  { says: "empty", value: "" },
] as const;

export const workspaces: TestNoun = {
  dialect: "v3",
  tables: ["pods", "inboxes"],
  absent: { workspace_id: "0190a000-0000-7000-8000-00000000dead" },
  furnish: async ({ things }) => ({ workspace_id: thing(things, "pod_id") }),
  routes: {
    "workspaces.list": {},
    "workspaces.create": {
      body: () => ({ name: "two" }),
      foreign: () => ({ name: "two" }),
      fields: {
        name: "name",
        domain: notDomains,
        auto_group: [{ says: "true without a domain", value: true }],
        policy_id: notUuids,
        rule_ids: [{ says: "no UUIDs", value: ["rule"], at: [0] }],
      },
      empty: "name",
    },
    "workspaces.autoGroup": {
      fields: {
        after_created_at: [
          { says: "negative", value: -1 },
          { says: "a fraction", value: 0.5 },
        ],
        invalid_also: "flag",
        specific_domain: notDomains,
      },
      body: () => ({ specific_domain: "grouped.example" }),
      isOncePerMinute: true,
      empty: "accepted",
    },
    "workspaces.find": {},
    "workspaces.update": {
      body: () => ({ name: "Renamed" }),
      fields: {
        name: "name",
        domain: [
          ...notDomains.filter(({ value }) => value !== ""),
          { says: "another one", value: "other.example" },
        ],
        auto_group: [{ says: "true without a domain", value: true }],
        policy_id: notUuids,
        rule_ids: [{ says: "no UUIDs", value: ["rule"], at: [0] }],
      },
      empty: "accepted",
    },
    "workspaces.destroy": {},
    "workspaces.manualAssign": {
      body: (own) => ({ assign_grants: [thing(own, "inbox_id")] }),
      fields: {
        assign_grants: [
          { says: "501", value: Array.from({ length: 501 }, () => "a@b.example") },
          { says: "one that nobody has", value: ["nobody@rookery.localhost"], status: 404 },
        ],
        remove_grants: [
          { says: "501", value: Array.from({ length: 501 }, () => "a@b.example") },
          { says: "one that nobody has", value: ["nobody@rookery.localhost"], status: 404 },
        ],
      },
      empty: null,
    },
  },
};
