import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreateWebhook, makeWebhooks, planWebhook, shownIn } from "./make.ts";
import { listensToMessages, needsOfTypes } from "./settings.ts";
import type { Webhook } from "./webhook.ts";

/** Makes an endpoint, or gives back the one that already has the `clientId`. */
export const createWebhook = operation({
  name: "webhook.create",
  needs: [
    "webhook_create",
    { permission: "message_read", if: listensToMessages, says: "for events of messages" },
    ...needsOfTypes,
  ],
  on: "any",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: CreateWebhook, { installation }) => planWebhook(input, installation),
  async run(context, plan): Promise<Webhook> {
    const outcomes = await makeWebhooks(context, [{ scope: context.scope, plan }]);
    const webhook = single(outcomes.map((outcome) => shownIn(context, outcome)));
    context.target(webhook.id);
    return webhook;
  },
});
