import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { PollingWebhook } from "./polling-webhook.ts";
import { deletePollingRow, findPollingRow, listPollingRows } from "./store.ts";

export interface NamedPolling {
  /** Empty for what is no id. */
  readonly id: string;
  readonly clientId: string;
}

/** @throws Failure object.not_found, foreign and absent alike */
async function requirePolling(
  { tx, scope }: Context,
  { id, clientId }: NamedPolling,
): Promise<PollingWebhook> {
  const webhook = await findPollingRow(tx, scope, { id: isUuid(id) ? id : null, clientId });
  if (webhook === null)
    throw fail("object.not_found", {
      message: "Polling webhook not found",
      hint: "List polling webhooks at the same scope as the one it was created in.",
    });
  return webhook;
}

/** Those that were made in the target itself, newest first. */
export const listPollingWebhooks = operation({
  name: "polling_webhook.list",
  needs: ["webhook_read"],
  on: "any",
  kind: "read",
  run: async ({ tx, scope }, page: PageRequest): Promise<Page<PollingWebhook>> =>
    pageOf(await listPollingRows(tx, scope, page), page, ({ createdAt, id }) => [createdAt, id]),
});

export const getPollingWebhook = operation({
  name: "polling_webhook.get",
  needs: ["webhook_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, named: NamedPolling): Promise<PollingWebhook> => requirePolling(context, named),
});

/** Ends a subscription: its token, and what waits in it. */
export const deletePollingWebhook = operation({
  name: "polling_webhook.delete",
  needs: ["webhook_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, named: NamedPolling): Promise<void> {
    const { id } = await requirePolling(context, named);
    context.target(id);
    await deletePollingRow(context.tx, context.scope, id);
  },
});
