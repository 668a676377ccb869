import { newWebhookSecret } from "../../../protocols/webhooks/signature.ts";
import type { Context, Installation } from "../../door/context.ts";
import type { EventType } from "../../door/events.ts";
import { attempt, invalid, orThrow } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { checkClientId, claimClientId } from "../../tenancy/client-ids/index.ts";
import { checkEventTypes, checkHeaders, checkUrl, listensToMessages, needsOfLabels } from "./settings.ts";
import { findWebhook, insertWebhook, type SealedWebhook } from "./store.ts";
import {
  checkNamed,
  checkRoom,
  homeOf,
  type NamedTargets,
  resolveTargets,
  targetsOfScope,
} from "./targets.ts";
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
  needs: [
    "webhook_create",
    { permission: "message_read", if: listensToMessages, says: "for events of messages" },
    ...needsOfLabels,
  ],
  on: "any",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: CreateWebhook, { installation }) => ({
    clientId: checkClientId(input.clientId),
    plan: attempt(() => planWebhook(input, installation)),
  }),
  async run(context, { clientId, plan }): Promise<Webhook> {
    const { tx, scope, sealer, now } = context;
    const id = context.newId();
    const existing = clientId === null ? null : await claimName(context, id, clientId);
    context.target(existing?.id ?? id);
    if (existing !== null) return unsealed(context, existing);
    const { eventTypes, url, headers, named } = orThrow(plan);
    const found = await resolveTargets(context, named);
    const targets = found.podIds.length + found.inboxes.length === 0 ? await targetsOfScope(context) : found;
    const home = homeOf(context, targets);
    await checkRoom(context, home);
    const secret = newWebhookSecret(context.random);
    const webhook: SealedWebhook = {
      id,
      organizationId: scope.organizationId,
      ...home,
      url,
      eventTypes,
      ...targets,
      scoped: targets.podIds.length + targets.inboxes.length > 0,
      secretSealed: Buffer.from(sealer.seal(secret, SECRET_SEAL)),
      headersSealed:
        headers === null ? null : Buffer.from(sealer.seal(JSON.stringify(headers), HEADERS_SEAL)),
      enabled: true,
      clientId,
      createdAt: now,
      updatedAt: now,
    };
    await insertWebhook(tx, scope, webhook);
    return unsealed(context, webhook);
  },
});

/** What follows from the input alone. */
interface PlannedWebhook {
  readonly eventTypes: readonly EventType[];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly named: NamedTargets;
}

function planWebhook(input: CreateWebhook, installation: Installation): PlannedWebhook {
  const headers = input.headers === undefined ? null : checkHeaders(input.headers);
  if (headers !== null && Object.keys(headers).length === 0)
    throw invalid(["headers"], says`${field("headers")} must have at least one entry`);
  return {
    eventTypes: checkEventTypes(input.eventTypes),
    url: checkUrl(installation, input.url),
    headers,
    named: checkNamed({
      podIds: input.podIds,
      addresses: input.inboxIds,
      fields: { podIds: "podIds", inboxIds: "inboxIds" },
    }),
  };
}

/** The endpoint that has the caller's name already; otherwise claims it for `id`. */
function claimName(context: Context, id: string, clientId: string): Promise<SealedWebhook | null> {
  const { tx, scope } = context;
  const { podId, inboxId } = scope;
  return claimClientId(
    context,
    {
      homeId: inboxId ?? podId ?? scope.organizationId,
      kind: podId === null ? "organization_webhook" : "webhook",
      clientId,
      podId,
      inboxId,
      resourceId: id,
    },
    (found) => findWebhook(tx, scope, found),
  );
}
