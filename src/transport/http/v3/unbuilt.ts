/** Routes of Nylas's API that this version does not have yet, and what to do meanwhile; each block goes with its noun. */
import type { UnbuiltRoute } from "../dialect/dialect.ts";
import type { Method } from "../dialect/route.ts";

const at = (prefix: string, hint: string, routes: readonly (readonly [Method, string])[]): UnbuiltRoute[] =>
  routes.map(([method, path]) => ({ method, path: `${prefix}${path}`, hint }));

const grant = "/v3/grants/{grant_id}";

const readMail = "Read mail under /v0/inboxes/{inbox_id}/messages.";
const sendMail = "Send with POST /v0/inboxes/{inbox_id}/messages/send.";
const readThreads = "Read and change threads under /v0/inboxes/{inbox_id}/threads.";

const messages = [
  ...at(grant, sendMail, [
    ["post", "/messages/send"],
    ["get", "/messages/schedules"],
    ["get", "/messages/schedules/{schedule_id}"],
    ["delete", "/messages/schedules/{schedule_id}"],
  ]),
  ...at(grant, `${readMail} Their extracted_text is the body without quoted history.`, [
    ["put", "/messages/clean"],
  ]),
  ...at(grant, readMail, [
    ["get", "/messages"],
    ["get", "/messages/{message_id}"],
    ["put", "/messages/{message_id}"],
    ["delete", "/messages/{message_id}"],
  ]),
  ...at(grant, readThreads, [
    ["get", "/threads"],
    ["get", "/threads/{thread_id}"],
    ["put", "/threads/{thread_id}"],
    ["delete", "/threads/{thread_id}"],
  ]),
  ...at("/v3", sendMail, [["post", "/domains/{domain}/messages/send"]]),
];

const mailbox = [
  ...at(grant, "Use labels: PATCH /v0/inboxes/{inbox_id}/messages/{message_id}.", [
    ["get", "/folders"],
    ["post", "/folders"],
    ["get", "/folders/{folder_id}"],
    ["put", "/folders/{folder_id}"],
    ["delete", "/folders/{folder_id}"],
  ]),
  ...at(grant, sendMail, [
    ["get", "/drafts"],
    ["post", "/drafts"],
    ["get", "/drafts/{draft_id}"],
    ["put", "/drafts/{draft_id}"],
    ["post", "/drafts/{draft_id}"],
    ["delete", "/drafts/{draft_id}"],
  ]),
  ...at(grant, "Write the signature into each message.", [
    ["get", "/signatures"],
    ["post", "/signatures"],
    ["get", "/signatures/{signature_id}"],
    ["put", "/signatures/{signature_id}"],
    ["delete", "/signatures/{signature_id}"],
  ]),
  ...at(
    grant,
    "Download it with GET /v0/inboxes/{inbox_id}/messages/{message_id}/attachments/{attachment_id}.",
    [
      ["get", "/attachments/{attachment_id}"],
      ["get", "/attachments/{attachment_id}/download"],
    ],
  ),
  ...at(grant, "Keep contacts on your own side.", [
    ["get", "/contacts"],
    ["post", "/contacts"],
    ["get", "/contacts/groups"],
    ["get", "/contacts/{contact_id}"],
    ["put", "/contacts/{contact_id}"],
    ["delete", "/contacts/{contact_id}"],
  ]),
];

const webhooks = at("/v3/webhooks", "Create a webhook with POST /v0/webhooks.", [
  ["get", ""],
  ["post", ""],
  ["post", "/mock-payload"],
  ["post", "/send-test-event"],
  ["get", "/ip-addresses"],
  ["post", "/rotate-secret/{webhook_id}"],
  ["get", "/{webhook_id}"],
  ["put", "/{webhook_id}"],
  ["delete", "/{webhook_id}"],
  ["put", "/{webhook_id}/rotate-secret"],
]);

export const unbuilt: readonly UnbuiltRoute[] = [...messages, ...mailbox, ...webhooks];
