import { sha256 } from "../../../lib/hash.ts";
import { newWebhookSecret } from "../../../protocols/webhooks/signature.ts";
import { lockOwners } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import type { ListenedType } from "../../door/events.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_WEBHOOK_TARGETS } from "../../limits.ts";
import { checkClientId } from "../../tenancy/client-ids/index.ts";
import {
  checkEventTypes,
  checkNamed,
  findTargets,
  lackedBy,
  listensToMessages,
  type NamedTargets,
  needsOfTypes,
  type Targets,
} from "../webhooks/index.ts";
import { MAX_POLLING_WEBHOOKS } from "./limits.ts";
import type { IssuedPollingWebhook, PollingWebhook } from "./polling-webhook.ts";
import { countPollingRows, findPollingRow, insertPollingRow, replaceToken } from "./store.ts";

export interface CreatePollingWebhook {
  readonly clientId: string;
  readonly eventTypes: readonly ListenedType[];
  readonly podIds: readonly string[];
  /** Addresses. */
  readonly inboxIds: readonly string[];
}

interface PollingPlan {
  readonly clientId: string;
  readonly eventTypes: readonly ListenedType[];
  readonly named: NamedTargets;
}

function checkPolling({ clientId, eventTypes, podIds, inboxIds }: CreatePollingWebhook): PollingPlan {
  if (podIds.length + inboxIds.length > MAX_WEBHOOK_TARGETS)
    throw invalid(
      [podIds.length > inboxIds.length ? "podIds" : "inboxIds"],
      says`${field("podIds")} and ${field("inboxIds")} may have ${MAX_WEBHOOK_TARGETS} entries together`,
    );
  return {
    clientId: checkClientId(clientId) ?? "",
    eventTypes: checkEventTypes(eventTypes),
    named: checkNamed({
      podIds,
      addresses: inboxIds,
      fields: { podIds: "podIds", inboxIds: "inboxIds" },
    }),
  };
}

/** Bytes of a token: as many as nobody guesses. */
const TOKEN_BYTES = 32;

/**
 * Makes a subscription, or gives the one that has the client_id a new token; the one before is none from then on.
 * @throws Failure object.conflict when that one listens to something else
 */
export const createPollingWebhook = operation({
  name: "polling_webhook.create",
  needs: [
    "webhook_create",
    { permission: "message_read", if: listensToMessages, says: "for events of messages" },
    ...needsOfTypes,
  ],
  on: "any",
  kind: "write",
  fails: ["limit.exceeded", "object.conflict"],
  check: checkPolling,
  async run(context, plan): Promise<IssuedPollingWebhook> {
    const { tx, scope, now, random } = context;
    const { podId, inboxId } = scope;
    await lockOwners(tx, scope, [{ podId, inboxId }]);
    const known = await findTargets(context, [{ scope, named: plan.named }]);
    const targets = known.namedIn(scope, plan.named);
    const token = Buffer.from(random(TOKEN_BYTES)).toString("base64url");
    const existing = await findPollingRow(tx, scope, { id: null, clientId: plan.clientId });
    if (existing !== null) requireSame(existing, plan, targets);
    const webhook =
      existing === null ? await makeOne(context, plan, targets) : { ...existing, updatedAt: now };
    const holder = { tokenSha256: sha256(token), lacked: lackedBy(context.actor) };
    if (existing === null) await insertPollingRow(tx, scope, webhook, holder);
    else await replaceToken(tx, scope, webhook.id, { ...holder, at: now });
    context.target(webhook.id);
    return { webhook, token, signingSecret: newWebhookSecret(random) };
  },
});

function requireSame(existing: PollingWebhook, plan: PollingPlan, targets: Targets): void {
  const text = ({ eventTypes, podIds, inboxes }: Targets & Pick<PollingPlan, "eventTypes">): string =>
    [eventTypes, podIds, inboxes.map(({ id }) => id)].map((list) => list.toSorted().join()).join(";");
  if (text(existing) !== text({ ...targets, eventTypes: plan.eventTypes }))
    throw fail("object.conflict", {
      message: "A polling webhook of that name listens to something else",
      hint: "Delete it first, or choose another name.",
    });
}

async function makeOne(
  { tx, scope, newId, now }: Context,
  { clientId, eventTypes }: PollingPlan,
  targets: Targets,
): Promise<PollingWebhook> {
  const { organizationId, podId, inboxId } = scope;
  if ((await countPollingRows(tx, scope)) >= MAX_POLLING_WEBHOOKS)
    throw fail("limit.exceeded", {
      message: "Polling webhook limit exceeded",
      hint: "Delete those that no consumer reads, or have several consumers read one.",
      limit: { resource: "pollingWebhook", count: MAX_POLLING_WEBHOOKS },
    });
  const own = inboxId === null ? null : await findOwnAddress({ tx, scope }, inboxId);
  return {
    ...{ id: newId(), organizationId, podId, inboxId, inboxAddress: own, clientId, eventTypes },
    ...targets,
    ...{ createdAt: now, updatedAt: now },
  };
}

async function findOwnAddress(
  context: Pick<Context, "tx" | "scope">,
  inboxId: string,
): Promise<string | null> {
  const named = { podIds: [], addresses: [], fields: { podIds: "podIds", inboxIds: "inboxIds" } };
  const known = await findTargets(context, [{ scope: context.scope, named }]);
  return known.allOf(context.scope).inboxes.find(({ id }) => id === inboxId)?.address ?? null;
}
