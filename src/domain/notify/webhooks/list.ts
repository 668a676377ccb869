import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { unsealed } from "./make.ts";
import { listWebhookRows } from "./store.ts";
import type { Webhook } from "./webhook.ts";

/** Endpoints whose owner is in the target, newest first. */
export const listWebhooks = operation({
  name: "webhook.list",
  needs: ["webhook_read"],
  on: "any",
  kind: "read",
  async run(context, page: PageRequest): Promise<Page<Webhook>> {
    const rows = await listWebhookRows(context.tx, context.scope, page);
    return pageOf(
      rows.map((row) => unsealed(context, row)),
      page,
      (webhook) => [webhook.createdAt, webhook.id],
    );
  },
});
