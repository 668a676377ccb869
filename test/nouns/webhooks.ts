import { z } from "zod";
import type { BadValue } from "../bad-input/field-kinds.ts";
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

const noMoment: readonly BadValue[] = [
  { says: "no moment", value: "yesterday" },
  { says: "no offset", value: "2026-01-01T00:00:00" },
  { says: "a number", value: 1 },
];
const beforeSince: BadValue = { says: "before since", value: "2025-12-31T00:00:00Z" };
const sent = z.object({ events: z.array(z.object({ event_id: z.string() })) });

export const webhooks: TestNoun = {
  dialect: "v0",
  // Deliveries are not among them: workers change those as well.
  tables: ["webhooks"],
  absent: {
    webhook_id: "ep_0190a0000000700080000000000000ff",
    webhook_event_id: "0190a000-0000-7000-8000-0000000000fe",
  },
  async furnish({ client, name, things }) {
    const inbox = thing(things, "inbox_id");
    const webhook = await client.inboxes.webhooks.create(inbox, {
      url: `https://${name}.example.com/`,
      eventTypes: ["message.received", "message.sent"],
      headers: { "X-Secret": name },
    });
    await client.inboxes.messages.send(inbox, { to: `${name}@outside.test`, text: "told of" });
    // The vendor's client has no method for it.
    const answer = await client.fetch(
      `/v0/inboxes/${encodeURIComponent(inbox)}/webhooks/${webhook.webhookId}/events`,
    );
    const { events } = sent.parse(await answer.json());
    return { webhook_id: webhook.webhookId, webhook_event_id: events[0]?.event_id ?? "" };
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
    "webhooks.listEvents": {},
    "webhooks.getEvent": {},
    "webhooks.listAttempts": {},
    "webhooks.resend": {},
    "webhooks.recover": {
      body: () => ({ since: "2026-01-01T00:00:00Z" }),
      fields: { since: noMoment, until: [...noMoment, beforeSince] },
      empty: "since",
    },
    "webhooks.delete": {},
  },
};
