import { operation } from "../../door/operation.ts";
import { deleteClaim } from "../../tenancy/client-ids/index.ts";
import { requireWebhook } from "./get.ts";
import { deleteWebhookRow } from "./store.ts";

/** Deletes an endpoint, with its pending deliveries. */
export const deleteWebhook = operation({
  name: "webhook.delete",
  needs: ["webhook_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, input: { readonly id: string }): Promise<void> {
    const webhook = await requireWebhook(context, input.id);
    context.target(webhook.id);
    await deleteClaim(context.tx, context.scope, webhook.id);
    await deleteWebhookRow(context.tx, context.scope, webhook.id);
  },
});
