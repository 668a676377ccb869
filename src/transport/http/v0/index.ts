/** AgentMail's API as a dialect: its surface on one page. Each noun's file says at which scopes it is mounted. */

import { type Dialect, routesOf } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { agent } from "./agent.ts";
import { aliases } from "./aliases.ts";
import { apiKeys } from "./api-keys.ts";
import { auth } from "./auth.ts";
import { browserCredentials } from "./browser-credentials.ts";
import { deliveries } from "./deliveries.ts";
import { accounts, apps, providers } from "./directory.ts";
import { v0DocumentText } from "./document.ts";
import { domains } from "./domains.ts";
import { drafts } from "./drafts.ts";
import { failureAnswer, internalAnswer, validationAnswer } from "./errors.ts";
import { v0Webhooks } from "./event-payload.ts";
import { events } from "./events.ts";
import { files } from "./files.ts";
import { fleet } from "./fleet.ts";
import { inboxes } from "./inboxes.ts";
import { lists } from "./lists.ts";
import { messages } from "./messages.ts";
import { metrics } from "./metrics.ts";
import { organizations } from "./organizations.ts";
import { pods } from "./pods.ts";
import { polling } from "./polling.ts";
import { calendar } from "./previews.ts";
import { rules } from "./rules.ts";
import { fromWebhookId } from "./shapes/webhook.ts";
import { v0Sockets } from "./sockets.ts";
import { suppressions } from "./suppressions.ts";
import { threads } from "./threads.ts";
import { unreadableAnswers } from "./unreadable.ts";
import { webhooks } from "./webhooks.ts";

export const v0: Dialect = {
  name: "v0",
  nouns: [
    auth,
    organizations,
    agent,
    pods,
    inboxes,
    aliases,
    rules,
    messages,
    threads,
    drafts,
    files,
    domains,
    apiKeys,
    // Before webhooks, which would take it for an id of one.
    polling,
    webhooks,
    lists,
    suppressions,
    deliveries,
    metrics,
    events,
    fleet,
    accounts,
    apps,
    providers,
    calendar,
  ],
  unbuilt: [],
  fixed: browserCredentials,
  // Message-IDs may hold slashes, and some clients send them unencoded (contract 1.4).
  greedyParameters: new Set(["message_id"]),
  leadingSlashes: false,
  target: ({ pod_id: pod, inbox_id: inbox }) => fromWire({ pod, inbox }),
  envelope: (body) => body,
  refusal: failureAnswer,
  invalid: (issues, _answering, remedy) => validationAnswer(issues, remedy),
  internal: () => internalAnswer,
  unreadable: (kind) => unreadableAnswers[kind],
  webhooks: v0Webhooks,
  sockets: v0Sockets,
  consumers: { webhookId: fromWebhookId },
  document: v0DocumentText,
};

export const v0Routes = routesOf(v0);
