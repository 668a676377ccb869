import { type RouteCase, type TestNoun, type Things, thing } from "./noun.ts";

const url = "https://hooks.example.com/";

/** Bodies that listen to an event, for each permission that events need, and others that need message_read as well. */
const needingOfEvents = (
  listening: (event: string) => unknown,
  ...reading: ((own: Things) => unknown)[]
): NonNullable<RouteCase["needing"]> => ({
  message_read: [() => listening("message.received"), () => listening("message.sent"), ...reading],
  label_spam_read: [() => listening("message.received.spam")],
  label_blocked_read: [() => listening("message.received.blocked")],
  label_unauthenticated_read: [() => listening("message.received.unauthenticated")],
  calendar_event_read: [() => listening("calendar.event.created")],
});

export const webhooks: TestNoun = {
  dialect: "v0",
  tables: ["webhooks"],
  absent: { webhook_id: "ep_0190a0000000700080000000000000ff" },
  async furnish({ client, name, things }) {
    const webhook = await client.inboxes.webhooks.create(thing(things, "inbox_id"), {
      url: `https://${name}.example.com/`,
      eventTypes: ["message.received"],
      headers: { "X-Secret": name },
    });
    return { webhook_id: webhook.webhookId };
  },
  routes: {
    "webhooks.list": {},
    "webhooks.get": {},
    "webhooks.getHeaders": {},
    "webhooks.create": {
      body: () => ({ url, event_types: ["message.received"] }),
      foreign: (victim) => ({
        url,
        event_types: ["message.received"],
        inbox_ids: [thing(victim, "inbox_id")],
      }),
      fields: {
        url: "url",
        event_types: "eventTypes",
        pod_ids: "podIds",
        inbox_ids: "inboxIds",
        client_id: "clientId",
        headers: "webhookHeaders",
      },
      empty: "url",
      needing: needingOfEvents((event) => ({ url, event_types: ["domain.verified", event] })),
    },
    "webhooks.update": {
      body: () => ({ event_types: ["message.sent"] }),
      foreign: (victim) => ({ add_inbox_ids: [thing(victim, "inbox_id")] }),
      fields: {
        event_types: "eventTypes",
        add_pod_ids: "podIds",
        add_inbox_ids: "inboxIds",
        remove_pod_ids: "removed",
        remove_inbox_ids: "removed",
        enabled: "flag",
      },
      empty: "accepted",
      needing: needingOfEvents(
        (event) => ({ event_types: [event] }),
        (own) => ({ add_inbox_ids: [thing(own, "inbox_id")] }),
        (own) => ({ add_pod_ids: [thing(own, "pod_id")] }),
      ),
    },
    "webhooks.updateHeaders": {
      body: () => ({ headers: { "X-Two": "2" } }),
      fields: { headers: "webhookHeaders", remove_headers: "removed" },
      empty: null,
    },
    "webhooks.delete": {},
  },
};
