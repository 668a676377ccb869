/**
 * What each route takes: a body that it accepts, the kind of every field, and what an empty body is answered with. A
 * route without an entry fails, and so does a field without a kind.
 */
import type { Things } from "../isolation/targets.ts";
import type { FieldKind } from "./field-kinds.ts";

export interface Target {
  /** A whole body that is accepted, for the tenant's things. Absent: the route takes none. */
  readonly body?: (things: Things) => Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, FieldKind>>;
  /**
   * Without a body: "accepted", or the field that is then missed. Null: one of several is missed, so `errors` points at
   * none.
   */
  readonly empty?: "accepted" | string | null;
}

const read: Target = {};

const labels = { add_labels: "labels", remove_labels: "labels" } as const;
const note = {
  labels: "labels",
  reply_to: "replyTo",
  text: "text",
  html: "text",
  attachments: "attachments",
  headers: "mailHeaders",
  track_opens: "flag",
} as const;
const recipients = { to: "recipients", cc: "recipients", bcc: "recipients" } as const;
const switches = { feedback_enabled: "flag", subdomains_enabled: "flag", tracking_enabled: "flag" } as const;

/** By the route's name without `pods.` or `inboxes.` before a resource that is mounted at several scopes. */
export const targets: Readonly<Record<string, Target>> = {
  "auth.me": read,
  "organizations.get": read,
  "pods.list": read,
  "pods.create": {
    body: () => ({ name: "two" }),
    fields: { name: "name", client_id: "clientId" },
    empty: "accepted",
  },
  "pods.get": read,
  "pods.delete": read,
  "apiKeys.list": read,
  "apiKeys.get": read,
  "apiKeys.create": {
    body: () => ({ name: "two", permissions: { inbox_read: true } }),
    fields: {
      name: "name",
      permissions: "permissions",
      public_key: "unsupported",
      expires_at: "unsupported",
    },
    empty: "accepted",
  },
  "apiKeys.update": {
    body: () => ({ name: "two" }),
    fields: { name: "name", permissions: "permissions" },
    empty: "accepted",
  },
  "apiKeys.delete": read,
  "domains.list": read,
  "domains.get": read,
  "domains.getZoneFile": read,
  "domains.create": {
    body: (things) => ({ domain: things.domain_id }),
    fields: { domain: "newDomain", ...switches, client_id: "clientId", allow_conflicting_provider: "flag" },
    empty: "domain",
  },
  "domains.update": { body: () => ({ tracking_enabled: false }), fields: switches, empty: null },
  "domains.delete": read,
  "inboxes.list": read,
  "inboxes.get": read,
  "inboxes.create": {
    body: () => ({ display_name: "Two" }),
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
  "inboxes.delete": read,
  "webhooks.list": read,
  "webhooks.get": read,
  "webhooks.getHeaders": read,
  "webhooks.create": {
    body: () => ({ url: "https://hooks.example.com/", event_types: ["message.received"] }),
    fields: {
      url: "url",
      event_types: "eventTypes",
      pod_ids: "podIds",
      inbox_ids: "inboxIds",
      client_id: "clientId",
      headers: "webhookHeaders",
    },
    empty: "url",
  },
  "webhooks.update": {
    body: () => ({ event_types: ["message.sent"] }),
    fields: {
      event_types: "eventTypes",
      add_pod_ids: "podIds",
      add_inbox_ids: "inboxIds",
      remove_pod_ids: "removed",
      remove_inbox_ids: "removed",
    },
    empty: "accepted",
  },
  "webhooks.updateHeaders": {
    body: () => ({ headers: { "X-Two": "2" } }),
    fields: { headers: "webhookHeaders", remove_headers: "removed" },
    empty: null,
  },
  "webhooks.delete": read,
  "threads.list": read,
  "threads.get": read,
  "threads.getAttachment": read,
  "threads.update": { body: () => ({ add_labels: ["two"] }), fields: labels, empty: null },
  "threads.delete": read,
  "messages.list": read,
  "messages.get": read,
  "messages.getAttachment": read,
  "messages.getRaw": read,
  "messages.batchGet": {
    body: (things) => ({ message_ids: [things.message_id] }),
    fields: { message_ids: "batchGetIds" },
    empty: "message_ids",
  },
  "messages.batchUpdate": {
    body: (things) => ({ message_ids: [things.message_id], add_labels: ["two"] }),
    fields: { message_ids: "batchUpdateIds", ...labels },
    empty: "message_ids",
  },
  "messages.update": { body: () => ({ add_labels: ["two"] }), fields: labels, empty: null },
  "messages.delete": read,
  "messages.send": {
    body: () => ({ to: "x@outside.test", subject: "two" }),
    fields: { ...recipients, subject: "headerText", ...note },
    empty: null,
  },
  "messages.reply": {
    body: () => ({ text: "two" }),
    fields: { ...recipients, reply_all: "flag", ...note },
    empty: "accepted",
  },
  "messages.replyAll": { body: () => ({ text: "two" }), fields: note, empty: "accepted" },
  "messages.forward": {
    body: () => ({ to: "x@outside.test" }),
    fields: { ...recipients, subject: "headerText", ...note },
    empty: null,
  },
};
