import { type TestNoun, thing } from "./noun.ts";

export const inboxes: TestNoun = {
  dialect: "v0",
  tables: ["inboxes", "addresses"],
  absent: { inbox_id: "nobody@rookery.localhost" },
  async furnish({ client, name, things }) {
    const inbox = await client.pods.inboxes.create(thing(things, "pod_id"), { username: name });
    return { inbox_id: inbox.inboxId };
  },
  routes: {
    "inboxes.list": {},
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
      },
      empty: "accepted",
    },
    "inboxes.update": {
      body: () => ({ display_name: "Two" }),
      fields: { display_name: "displayName", metadata: "metadata" },
      empty: null,
    },
    "inboxes.delete": {},
  },
};
