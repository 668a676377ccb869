import { type TestNoun, thing } from "./noun.ts";

const body = { client_id: "another-worker", event_types: ["message.received"] };
const listening = (event: string) => ({ client_id: "needing", event_types: ["domain.verified", event] });

/** Routes at which the tenant's is absent: it was made in its inbox, and is found there alone. */
export const outsideItsInbox: ReadonlySet<string> = new Set([
  "pods.webhooks.polling.get",
  "webhooks.polling.get",
]);

export const polling: TestNoun = {
  dialect: "v0",
  tables: ["polling_webhooks"],
  absent: { polling_webhook_id: "ep_0190a0000000700080000000000000ff" },
  async furnish({ request, name, things }) {
    const { text } = await request("POST", `/v0/inboxes/${thing(things, "inbox_id")}/webhooks/polling`, {
      client_id: `worker-${name}`,
      event_types: ["message.received"],
    });
    // Cast: the answer of a create.
    return { polling_webhook_id: (JSON.parse(text) as { webhook_id: string }).webhook_id };
  },
  routes: {
    "polling.list": {},
    "polling.get": {},
    "polling.create": {
      body: () => body,
      foreign: (victim) => ({ ...body, inbox_ids: [thing(victim, "inbox_id")] }),
      fields: {
        client_id: "clientId",
        event_types: "eventTypes",
        pod_ids: "podIds",
        inbox_ids: "inboxIds",
      },
      empty: "client_id",
      needing: {
        message_read: [() => listening("message.received"), () => listening("message.sent")],
        label_spam_read: [() => listening("message.received.spam")],
        label_blocked_read: [() => listening("message.received.blocked")],
        label_unauthenticated_read: [() => listening("message.received.unauthenticated")],
        calendar_event_read: [() => listening("calendar.event.created")],
      },
    },
    "polling.delete": {},
  },
};
