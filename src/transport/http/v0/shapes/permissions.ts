/** What each flag of a key's permissions opens, for the API docs. */
import { z } from "@hono/zod-openapi";
import { olderNames, type permissions } from "../../../../domain/door/access/index.ts";
import {
  MAX_PERMISSION_FLAGS,
  MAX_PERMISSION_NAME_LENGTH,
} from "../../../../domain/tenancy/api-keys/limits.ts";

/** Total by type: a permission without a description does not compile. */
const meanings: Readonly<Record<(typeof permissions)[number], string>> = {
  inbox_read: "List and get inboxes.",
  inbox_create: "Create inboxes. Inbox keys never hold it.",
  inbox_update: "Change an inbox's display name and metadata.",
  inbox_delete: "Delete an inbox with all its mail.",
  message_read: "List and get messages, threads, attachments, raw messages and deliveries.",
  message_send: "Send, reply, reply to all and forward; try deliveries again, or cancel them.",
  message_reply:
    "Answer messages, to the recipients that follow from them, and start none. Part of message_send: alone, it is for an agent that only answers.",
  message_update: "Change labels of messages and threads.",
  message_delete: "Delete messages and threads.",
  label_spam_read: "See messages labelled spam, and receive their events.",
  label_blocked_read: "See messages labelled blocked, and receive their events.",
  label_unauthenticated_read: "See messages labelled unauthenticated, and receive their events.",
  label_trash_read: "See messages labelled trash.",
  draft_read: "List and get drafts and their attachments.",
  draft_create: "Create drafts.",
  draft_update: "Change drafts, and when they are sent.",
  draft_delete: "Delete drafts.",
  draft_send: "Send drafts.",
  webhook_read: "List and get webhooks, with their secrets and the names of their headers.",
  webhook_create: "Create webhooks.",
  webhook_update: "Change what a webhook listens to, and its headers.",
  webhook_delete: "Delete webhooks.",
  domain_read: "List and get domains and their DNS records. Inbox keys never hold it.",
  domain_create: "Register domains. Inbox keys never hold it.",
  domain_update: "Change a domain's switches and ask for its verification. Inbox keys never hold it.",
  domain_delete: "Delete domains. Inbox keys never hold it.",
  list_entry_read: "List and get entries of allow and block lists.",
  list_entry_create: "Put addresses and domains on allow and block lists.",
  list_entry_delete: "Take addresses and domains off allow and block lists.",
  metrics_read: "Query bounce and complaint rates, and a pod's standing as a sender.",
  api_key_read: "List and get API keys, without their secrets.",
  api_key_create: "Create API keys, with no more scope and permissions than this one.",
  api_key_update: "Change a key's name and permissions.",
  api_key_delete: "Revoke API keys.",
  app_connect:
    "Sign an agent in to apps, of which this server has none. Off unless granted, also on a key without a list.",
  app_share_owner:
    "Share the owner's name with apps, of which this server has none. Off unless granted, also on a key without a list.",
  account_update: "Enable and disable accounts at apps, of which this server has none.",
  calendar_read: "Get an inbox's calendar. Calendars are not enabled on this server.",
  calendar_update: "Change an inbox's calendar. Calendars are not enabled on this server.",
  calendar_event_read: "List and get calendar events. Calendars are not enabled on this server.",
  calendar_event_create: "Create calendar events. Calendars are not enabled on this server.",
  calendar_event_update: "Change and answer calendar events. Calendars are not enabled on this server.",
  calendar_event_delete: "Delete calendar events. Calendars are not enabled on this server.",
  file_read: "List and get an inbox's files, with links to their bytes.",
  file_create: "Create an inbox's files, upload and complete them.",
  file_update: "Reserved for changing files: no route needs it.",
  file_delete: "Delete an inbox's files.",
  agent_armor_release:
    "Release mail that a scanner holds, which this server has none of. Off unless granted by an unrestricted key of the organization.",
  pod_read: "List and get pods. Inbox keys never hold it.",
  pod_create: "Create pods. Organization keys only.",
  pod_update: "Change pods, and what is attached to them. Organization keys only.",
  pod_delete: "Delete pods. Organization keys only.",
  guardrail_read:
    "List and get policies, rules and value lists: those attached to the key's pod, or all of the organization.",
  guardrail_write: "Create, change and delete policies, rules and value lists. Organization keys only.",
};

export const flags = z.record(z.string(), z.boolean()).openapi("Permissions", {
  title: "Permissions of an API key",
  description: `What a key may do within its scope: each flag that is true. One that is false or left out is denied. Unknown names are stored and have no effect; ${MAX_PERMISSION_FLAGS} flags at most, names of ${MAX_PERMISSION_NAME_LENGTH} characters at most.`,
  properties: Object.fromEntries(
    [
      ...Object.entries(meanings),
      ...Object.entries(olderNames).map(([newer, older]) => [
        older,
        `The same as ${newer}, in older clients.`,
      ]),
    ].map(([name, description]) => [name, { type: "boolean", description }]),
  ),
  example: { inbox_read: true, message_read: true, message_send: true },
});
