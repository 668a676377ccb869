import { type TestNoun, thing } from "./noun.ts";

/** Beside what is no text. */
const badStatus = ["", "Paused", "suspended"].map((value) => ({ says: `the status ${value}`, value }));

export const inboxes: TestNoun = {
  dialect: "v0",
  tables: ["inboxes", "addresses"],
  absent: { inbox_id: "nobody@rookery.localhost" },
  uses: ["pod_id"],
  async furnish({ client, name, things }) {
    const inbox = await client.pods.inboxes.create(thing(things, "pod_id"), { username: name });
    return { inbox_id: inbox.inboxId };
  },
  queries: { "/inboxes/search": "q=rookery" },
  routes: {
    "inboxes.list": {},
    "inboxes.search": {},
    "inboxes.get": {},
    "inboxes.create": {
      body: () => ({ display_name: "Two" }),
      foreign: () => ({}),
      fields: {
        username: "username",
        domain: "inboxDomain",
        display_name: "displayName",
        client_id: "clientId",
        metadata: "metadata",
        status: badStatus,
      },
      empty: "accepted",
    },
    "inboxes.update": {
      body: () => ({ display_name: "Two" }),
      fields: { display_name: "displayName", metadata: "metadata", status: badStatus },
      empty: null,
    },
    "inboxes.delete": {},
    "inboxes.pause": {},
    "inboxes.resume": {},
  },
};
