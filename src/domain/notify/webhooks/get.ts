import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { unsealed } from "./make.ts";
import { findWebhook, type SealedWebhook } from "./store.ts";
import { HEADERS_SEAL, type Webhook } from "./webhook.ts";

/** @throws Failure object.not_found, foreign and absent alike */
export async function requireWebhook(
  { tx, scope }: Context,
  id: string,
  find: typeof findWebhook = findWebhook,
): Promise<SealedWebhook> {
  const webhook = isUuid(id) ? await find(tx, scope, id) : null;
  if (webhook === null)
    throw fail("object.not_found", {
      message: "Webhook not found",
      hint: "List webhooks to see the ids this key can reach.",
    });
  return webhook;
}

/** Custom headers of an endpoint; only their names may be shown. */
export function webhookHeaders(
  { sealer }: Pick<Context, "sealer">,
  webhook: Pick<SealedWebhook, "headersSealed">,
): Record<string, string> {
  // Cast: what was sealed is what checkHeaders let through.
  return webhook.headersSealed === null
    ? {}
    : (JSON.parse(sealer.open(webhook.headersSealed, HEADERS_SEAL)) as Record<string, string>);
}

/** One endpoint. */
export const getWebhook = operation({
  name: "webhook.get",
  needs: ["webhook_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: async (context, input: { readonly id: string }): Promise<Webhook> =>
    unsealed(context, await requireWebhook(context, input.id)),
});

/** Names of an endpoint's custom headers; their values are never given back. */
export const getWebhookHeaders = operation({
  name: "webhook.get_headers",
  needs: ["webhook_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: async (context, input: { readonly id: string }): Promise<string[]> =>
    Object.keys(webhookHeaders(context, await requireWebhook(context, input.id))),
});
