/**
 * What each route is sent in the isolation matrix: a body that its schema takes, so that only the scope can refuse it.
 * A route without an entry here fails the build.
 */

import type { Permission } from "../../src/domain/door/access/index.ts";

/** Ids of somebody's things, by path parameter. */
export interface Things {
  readonly pod_id: string;
  readonly inbox_id: string;
  readonly thread_id: string;
  readonly message_id: string;
  readonly attachment_id: string;
  readonly domain_id: string;
  readonly webhook_id: string;
  readonly api_key_id: string;
}

export interface Target {
  /** Body to send, given the victim's things. */
  readonly body?: (victim: Things) => unknown;
  /** For each permission that only some inputs need: bodies that need it, each in another way. */
  readonly needing?: Partial<Readonly<Record<Permission, readonly ((own: Things) => unknown)[]>>>;
}

const read: Target = {};
const url = "https://hooks.example.com/";

/** Bodies that listen to an event, for each permission that events need, and others that need message_read as well. */
const needingOfEvents = (
  listening: (event: string) => unknown,
  ...reading: ((own: Things) => unknown)[]
): NonNullable<Target["needing"]> => ({
  message_read: [() => listening("message.received"), () => listening("message.sent"), ...reading],
  label_spam_read: [() => listening("message.received.spam")],
  label_blocked_read: [() => listening("message.received.blocked")],
  label_unauthenticated_read: [() => listening("message.received.unauthenticated")],
});

/** By the route's name without `pods.` or `inboxes.` before a resource that is mounted at several scopes. */
export const targets: Readonly<Record<string, Target>> = {
  "auth.me": read,
  "organizations.get": read,
  "pods.list": read,
  "pods.create": { body: () => ({}) },
  "pods.get": read,
  "pods.delete": read,
  "apiKeys.list": read,
  "apiKeys.get": read,
  "apiKeys.create": { body: () => ({ name: "intruder" }) },
  "apiKeys.update": { body: () => ({ name: "intruder" }) },
  "apiKeys.delete": read,
  "domains.list": read,
  "domains.get": read,
  "domains.getZoneFile": read,
  "domains.create": { body: () => ({ domain: "intruder-mail.com" }) },
  "domains.update": { body: () => ({ tracking_enabled: true }) },
  "domains.delete": read,
  "inboxes.list": read,
  "inboxes.get": read,
  "inboxes.create": { body: () => ({}) },
  "inboxes.update": { body: () => ({ display_name: "intruder" }) },
  "inboxes.delete": read,
  "webhooks.list": read,
  "webhooks.get": read,
  "webhooks.getHeaders": read,
  "webhooks.create": {
    body: (victim) => ({ url, event_types: ["message.received"], inbox_ids: [victim.inbox_id] }),
    needing: needingOfEvents((event) => ({ url, event_types: ["domain.verified", event] })),
  },
  "webhooks.update": {
    body: (victim) => ({ add_inbox_ids: [victim.inbox_id] }),
    needing: needingOfEvents(
      (event) => ({ event_types: [event] }),
      (own) => ({ add_inbox_ids: [own.inbox_id] }),
      (own) => ({ add_pod_ids: [own.pod_id] }),
    ),
  },
  "webhooks.updateHeaders": { body: () => ({ headers: { "x-intruder": "1" } }) },
  "webhooks.delete": read,
  "threads.list": read,
  "threads.get": read,
  "threads.getAttachment": read,
  "threads.update": { body: () => ({ add_labels: ["intruder"] }) },
  "threads.delete": read,
  "messages.list": read,
  "messages.get": read,
  "messages.getAttachment": read,
  "messages.getRaw": read,
  "messages.batchGet": { body: (victim) => ({ message_ids: [victim.message_id] }) },
  "messages.batchUpdate": {
    body: (victim) => ({ message_ids: [victim.message_id], add_labels: ["intruder"] }),
  },
  "messages.update": { body: () => ({ add_labels: ["intruder"] }) },
  "messages.delete": read,
  "messages.send": { body: () => ({ to: "x@outside.test", text: "intruder" }) },
  "messages.reply": {
    body: () => ({ text: "intruder" }),
    needing: {
      message_read: ["to", "cc", "bcc"].map((field) => () => ({ [field]: "x@outside.test", text: "x" })),
    },
  },
  "messages.replyAll": { body: () => ({ text: "intruder" }) },
  "messages.forward": { body: () => ({ to: "x@outside.test" }) },
};

/** `pods.inboxes.get` and `inboxes.apiKeys.list` -> the resource and its verb. */
export const resourceOf = (name: string): string => name.split(".").slice(-2).join(".");
