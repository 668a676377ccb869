import type { TestNoun } from "./noun.ts";

export const pods: TestNoun = {
  dialect: "v0",
  tables: ["pods"],
  absent: { pod_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ client, name, things }) {
    // A second tenant of the same pod brings its pod along.
    return { pod_id: things["pod_id"] ?? (await client.pods.create({ name })).podId };
  },
  routes: {
    "pods.list": {},
    "pods.create": {
      body: () => ({ name: "two" }),
      foreign: () => ({}),
      fields: { name: "name", client_id: "clientId" },
      empty: "accepted",
    },
    "pods.get": {},
    "pods.delete": {},
    "pods.pause": {},
    "pods.resume": {},
    "pods.suspend": {
      body: () => ({ delete_after: "2999-01-01T00:00:00Z" }),
      foreign: () => ({}),
      fields: { delete_after: "future" },
      empty: "accepted",
      needing: { pod_delete: [() => ({ delete_after: "2999-01-01T00:00:00Z" })] },
    },
    "pods.unsuspend": {},
    "pods.erase": {},
    "pods.export": {},
  },
};
