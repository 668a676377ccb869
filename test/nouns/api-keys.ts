import { type TestNoun, thing } from "./noun.ts";

/** A key of the tenant's inbox, and one of its pod; `pod_key` and `inbox_key` are their secrets. */
export const apiKeys: TestNoun = {
  dialect: "v0",
  tables: ["api_keys"],
  absent: { api_key_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ client, name, things }) {
    const ofPod = await client.pods.apiKeys.create(thing(things, "pod_id"), { name });
    const ofInbox = await client.inboxes.apiKeys.create(thing(things, "inbox_id"), { name });
    if (!("apiKey" in ofInbox)) throw new Error("not a bearer key");
    return {
      api_key_id: ofInbox.apiKeyId,
      inbox_key: ofInbox.apiKey,
      pod_key_id: ofPod.apiKeyId,
      pod_key: ofPod.apiKey,
    };
  },
  named: (path, parameter) =>
    parameter === "api_key_id" && path.startsWith("/v0/pods/") ? "pod_key_id" : null,
  routes: {
    "apiKeys.list": {},
    "apiKeys.get": {},
    "apiKeys.create": {
      body: () => ({ name: "two", permissions: { inbox_read: true } }),
      foreign: () => ({ name: "intruder" }),
      fields: {
        name: "name",
        permissions: "permissions",
        public_key: "unsupported",
        expires_at: "future",
      },
      empty: "accepted",
    },
    "apiKeys.rotate": {
      body: () => ({ names: ["no key has this name"], overlap_seconds: 60 }),
      fields: {
        names: [
          { says: "no names", value: [] },
          { says: "a text", value: "agent" },
          { says: "an empty name", value: [""], at: [0] },
          { says: "101 names", value: Array(101).fill("agent") },
        ],
        tenants: [
          { says: "a text", value: "acme" },
          { says: "1001 tenants", value: Array(1001).fill("acme") },
        ],
        overlap_seconds: [
          { says: "less than none", value: -1 },
          { says: "more than a month", value: 2_592_001 },
          { says: "half a second", value: 0.5 },
        ],
      },
      empty: "names",
    },
    "apiKeys.update": {
      body: () => ({ name: "two" }),
      fields: { name: "name", permissions: "permissions", expires_at: "unsupported" },
      empty: "accepted",
    },
    "apiKeys.delete": {},
  },
};
