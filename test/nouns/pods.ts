import type { TestNoun } from "./noun.ts";

export const pods: TestNoun = {
  dialect: "v0",
  tables: ["pods"],
  absent: { pod_id: "0190a000-0000-7000-8000-00000000dead" },
  uses: [],
  async furnish({ client, name, things }) {
    // A second tenant of the same pod brings its pod along.
    const leaving = await client.pods.create({ name: `${name} leaving` });
    return {
      pod_id: things["pod_id"] ?? (await client.pods.create({ name })).podId,
      leaving_pod_id: leaving.podId,
    };
  },
  aliases: { pod_id: ["pod_id", "leaving_pod_id"], workspace_id: ["leaving_pod_id"] },
  // One with nothing in it: the tenant's other things would be out of reach.
  named: (path) => (path.endsWith("/suspend") ? "leaving_pod_id" : null),
  routes: {
    "pods.list": {},
    "pods.create": {
      body: () => ({ name: "two" }),
      foreign: () => ({}),
      fields: { name: "name", client_id: "clientId" },
      empty: "accepted",
    },
    "pods.get": {},
    "pods.update": { body: () => ({ name: "two" }), fields: { name: "name" }, empty: "name" },
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
