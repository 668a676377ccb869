/** AgentMail's routes that this version does not have: what the official clients can call and are answered 501 for. */
import type { UnbuiltRoute } from "../dialect/dialect.ts";
import type { Method } from "../dialect/route.ts";
import { inboxMount, organizationMount, podMount } from "./mounts.ts";

const organization = organizationMount.prefix;
const pod = podMount.prefix;
const inbox = inboxMount.prefix;

const at = (
  prefixes: readonly string[],
  hint: string,
  routes: readonly (readonly [Method, string])[],
): UnbuiltRoute[] =>
  prefixes.flatMap((prefix) => routes.map(([method, path]) => ({ method, path: `${prefix}${path}`, hint })));

const draft = "/drafts/{draft_id}";

export const unbuilt: readonly UnbuiltRoute[] = [
  ...at([inbox], "List the inbox's messages with from, to and subject instead.", [
    ["get", "/messages/search"],
  ]),
  ...at([organization, pod, inbox], "List threads with senders, recipients and subject instead.", [
    ["get", "/threads/search"],
  ]),
  ...at([organization, pod], "List inboxes instead.", [["get", "/inboxes/search"]]),
  ...at([organization, pod, inbox], "Send the message at once: POST /v0/inboxes/{inbox_id}/messages/send.", [
    ["get", "/drafts"],
    ["get", draft],
    ["get", `${draft}/attachments/{attachment_id}`],
  ]),
  ...at([inbox], "Send the message at once: POST /v0/inboxes/{inbox_id}/messages/send.", [
    ["post", "/drafts"],
    ["patch", draft],
    ["delete", draft],
    ["post", `${draft}/send`],
  ]),
  ...at([organization, pod, inbox], "Count what the webhooks report.", [
    ["get", "/metrics/events"],
    ["get", "/metrics/usage"],
  ]),
  ...at([organization], "Publish the domain's records by hand, or import its zone file.", [
    ["get", "/domains/{domain_id}/setup-link"],
  ]),
  ...at([organization], "Ask the operator of this server for an API key.", [
    ["post", "/agent/sign-up"],
    ["post", "/agent/verify"],
  ]),
  ...at([organization], "Accounts at other providers are AgentMail's own service; this server has none.", [
    ["get", "/accounts"],
    ["get", "/accounts/{account_id}"],
    ["get", "/providers"],
    ["get", "/providers/search"],
    ["get", "/providers/{provider_id}"],
    ["get", "/providers/{provider_id}/accounts"],
    ["post", "/providers/{provider_id}/connect"],
    ["post", "/inboxes/{inbox_id}/authorize"],
  ]),
];
