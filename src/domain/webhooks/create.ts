import { newWebhookSecret } from "../../protocols/webhooks/signature.ts";
import { claimClientId } from "../client-ids/index.ts";
import type { EventType } from "../events.ts";
import { invalid } from "../failures.ts";
import { type Context, operation } from "../operation.ts";
import { checkEventTypes, checkHeaders, checkUrl } from "./settings.ts";
import { findWebhook, insertWebhook, type SealedWebhook } from "./store.ts";
import { checkTargetCounts, homeOf, resolveTargets } from "./targets.ts";
import { HEADERS_SEAL, SECRET_SEAL, type Webhook } from "./webhook.ts";

export interface CreateWebhook {
  readonly url: string;
  readonly eventTypes: readonly EventType[];
  readonly podIds: readonly string[];
  /** Addresses. */
  readonly inboxIds: readonly string[];
  readonly clientId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The endpoint with its secret, which callers may read at any time (contract 6.11). */
export function unsealed(
  { sealer }: Context,
  { secretSealed, headersSealed: _headers, ...webhook }: SealedWebhook,
): Webhook {
  return { ...webhook, secret: sealer.open(secretSealed, SECRET_SEAL) };
}

/** Makes an endpoint, or gives back the one that already has the `clientId`. */
export const createWebhook = operation({
  name: "webhook.create",
  needs: "webhook_create",
  on: "any",
  kind: "write",
  async run(context, input: CreateWebhook): Promise<Webhook> {
    const { tx, scope, sealer, now } = context;
    const eventTypes = checkEventTypes(context, input.eventTypes);
    const url = checkUrl(context, input.url);
    const headers = input.headers === undefined ? null : checkHeaders(input.headers);
    if (headers !== null && Object.keys(headers).length === 0)
      throw invalid(["headers"], "headers must have at least one entry");
    const targets = await resolveTargets(context, input.podIds, input.inboxIds);
    checkTargetCounts(targets);
    const id = context.newId();
    context.target(id);
    if (input.clientId !== undefined) {
      const { podId, inboxId } = scope;
      const homeId = inboxId ?? podId ?? scope.organizationId;
      const existing = await claimClientId(context, {
        homeId,
        kind: "webhook",
        clientId: input.clientId,
        podId,
        inboxId,
        resourceId: id,
      });
      const webhook = existing === null ? null : await findWebhook(tx, scope, existing);
      if (webhook !== null) return unsealed(context, webhook);
    }
    const secret = newWebhookSecret(context.random);
    const webhook: SealedWebhook = {
      id,
      organizationId: scope.organizationId,
      ...(await homeOf(context, targets)),
      url,
      eventTypes,
      ...targets,
      secretSealed: Buffer.from(sealer.seal(secret, SECRET_SEAL)),
      headersSealed:
        headers === null ? null : Buffer.from(sealer.seal(JSON.stringify(headers), HEADERS_SEAL)),
      enabled: true,
      clientId: input.clientId ?? null,
      createdAt: now,
      updatedAt: now,
    };
    await insertWebhook(tx, scope, webhook);
    return unsealed(context, webhook);
  },
});
