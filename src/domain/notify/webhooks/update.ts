import type { Actor, Owner } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import type { ListenedType } from "../../door/events.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { lacking } from "../../door/permission.ts";
import { field, says } from "../../door/text.ts";
import { requireWebhook, webhookHeaders } from "./get.ts";
import { unsealed } from "./make.ts";
import { lackedBy } from "./reader.ts";
import { checkEventTypes, checkHeaders, listensToMessages, needsOfTypes } from "./settings.ts";
import { lockWebhook, type SealedWebhook, updateHeadersRow, updateWebhookRow } from "./store.ts";
import {
  checkNamed,
  checkTargetCounts,
  countQuota,
  findTargets,
  type NamedTargets,
  ownerOf,
  type Targets,
} from "./targets.ts";
import { HEADERS_SEAL, shownTo, type Webhook } from "./webhook.ts";

export interface UpdateWebhook {
  readonly id: string;
  /** Replaces all; absent or empty leaves them. */
  readonly eventTypes: readonly ListenedType[];
  readonly addPodIds: readonly string[];
  readonly removePodIds: readonly string[];
  readonly addInboxIds: readonly string[];
  readonly removeInboxIds: readonly string[];
  /** True: a disabled one is delivered to again, from events on that happen then. False disables it. Absent: it stays. */
  readonly enabled?: boolean;
}

/** Whether a change widens what the endpoint receives, to mail that it was not entitled to before. */
const addsTargets = ({ addPodIds, addInboxIds }: Pick<UpdateWebhook, "addPodIds" | "addInboxIds">): boolean =>
  addPodIds.length + addInboxIds.length > 0;

/** Changes what an endpoint listens to. One that listens to something named must keep something (contract 12.3). */
export const updateWebhook = operation({
  name: "webhook.update",
  needs: [
    "webhook_update",
    {
      permission: "message_read",
      if: (input: UpdateWebhook) => addsTargets(input) || listensToMessages(input),
      says: "when it adds pods, inboxes or events of messages",
    },
    ...needsOfTypes,
  ],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "limit.exceeded"],
  check: (input: UpdateWebhook) => ({
    ...input,
    eventTypes: input.eventTypes.length === 0 ? null : checkEventTypes(input.eventTypes),
    added: checkNamed({
      podIds: input.addPodIds,
      addresses: input.addInboxIds,
      fields: { podIds: "addPodIds", inboxIds: "addInboxIds" },
    }),
  }),
  async run(context, input): Promise<Webhook> {
    const webhook = await requireWebhook(context, input.id, lockWebhook);
    context.target(webhook.id);
    if (input.eventTypes === null && (input.enabled === true || addsTargets(input)))
      requireNeeds(context.actor, { eventTypes: webhook.eventTypes });
    const targets = await changeTargets(context, webhook, input);
    const owner = targets === null ? webhook : ownerOf(context.scope, targets);
    if (owner.podId !== webhook.podId || owner.inboxId !== webhook.inboxId) await checkQuota(context, owner);
    const changed = {
      ...webhook,
      ...(targets !== null && { ...targets, scoped: true }),
      podId: owner.podId,
      inboxId: owner.inboxId,
      eventTypes: input.eventTypes ?? webhook.eventTypes,
      lacked: input.eventTypes === null ? webhook.lacked : lackedByBoth(context.actor, webhook),
      enabled: input.enabled ?? webhook.enabled,
      updatedAt: context.now,
    };
    await updateWebhookRow(context.tx, context.scope, webhook.id, {
      eventTypes: changed.eventTypes,
      lacked: changed.lacked,
      enabled: changed.enabled,
      targets: targets === null ? null : changed,
      at: context.now,
    });
    return shownTo(context.actor, unsealed(context, changed));
  },
});

/** A key that has an endpoint listen to something lets it read what the key itself may, and takes nothing from it. */
const lackedByBoth = (actor: Actor, { lacked }: SealedWebhook): string[] =>
  lackedBy(actor).filter((permission) => lacked.includes(permission));

/**
 * An endpoint that is enabled again, or is to hear of more pods or inboxes, receives what it listens to, as making it would have it: what that needs depends
 * on what is stored.
 * @throws Failure permission.missing
 */
function requireNeeds(actor: Actor, listening: Pick<UpdateWebhook, "eventTypes">): void {
  const reading = { permission: "message_read", if: listensToMessages } as const;
  const missing = [reading, ...needsOfTypes].find(
    (need) => need.if(listening) && !actor.may(need.permission),
  );
  if (missing !== undefined) throw lacking(actor, missing.permission, "for what the webhook listens to");
}

/** @throws Failure limit.exceeded */
async function checkQuota(context: Context, owner: Owner): Promise<void> {
  const full = (await countQuota(context, [owner])).take(owner);
  if (full !== null) throw full;
}

/** @returns the targets from now on, or null when they stay as they are */
async function changeTargets(
  context: Context,
  webhook: SealedWebhook,
  input: Pick<UpdateWebhook, "removePodIds" | "removeInboxIds"> & { readonly added: NamedTargets },
): Promise<Targets | null> {
  const { scope } = context;
  const known = await findTargets(context, [{ scope, named: input.added }]);
  const added = known.namedIn(scope, input.added);
  const removed = input.removeInboxIds.map((address) => address.toLowerCase());
  const removedPods = input.removePodIds.map((id) => id.toLowerCase());
  const podIds = [...new Set([...webhook.podIds, ...added.podIds])].filter((id) => !removedPods.includes(id));
  const inboxes = [
    ...new Map([...webhook.inboxes, ...added.inboxes].map((inbox) => [inbox.id, inbox])).values(),
  ]
    .filter((inbox) => !removed.includes(inbox.address))
    .toSorted((one, other) => (one.address < other.address ? -1 : 1));
  checkTargetCounts({ podIds, inboxes });
  if (podIds.length + inboxes.length > 0) return { podIds, inboxes };
  if (webhook.scoped && input.removePodIds.length + removed.length > 0)
    throw invalid(
      [],
      "A scoped webhook must keep at least one pod or inbox",
      "Add another before removing the last, or delete the webhook.",
    );
  return null;
}

/** Sets and removes custom headers in one step; names count without regard to case. */
export const updateWebhookHeaders = operation({
  name: "webhook.update_headers",
  needs: ["webhook_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  check: checkHeaderChange,
  async run(context, { id, set, setNames, removed }): Promise<void> {
    const webhook = await requireWebhook(context, id, lockWebhook);
    context.target(webhook.id);
    const kept = Object.entries(webhookHeaders(context, webhook)).filter(
      ([name]) => !removed.includes(name.toLowerCase()) && !setNames.includes(name.toLowerCase()),
    );
    const headers = checkHeaders({ ...Object.fromEntries(kept), ...set });
    const headersSealed =
      Object.keys(headers).length === 0
        ? null
        : Buffer.from(context.sealer.seal(JSON.stringify(headers), HEADERS_SEAL));
    await updateHeadersRow(context.tx, context.scope, webhook.id, { headersSealed, at: context.now });
  },
});

interface HeaderChange {
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly removeHeaders?: readonly string[];
}

/** Names in lower case. @throws Failure input.invalid for a change of nothing, or of a header in both ways at once */
function checkHeaderChange(input: HeaderChange) {
  if (input.headers === undefined && input.removeHeaders === undefined)
    throw invalid([], says`${field("headers")} or ${field("removeHeaders")} must be specified`);
  if (input.headers !== undefined && Object.keys(input.headers).length === 0)
    throw invalid(["headers"], says`${field("headers")} must have at least one entry`);
  const set = checkHeaders(input.headers ?? {});
  const setNames = Object.keys(set).map((name) => name.toLowerCase());
  const removed = (input.removeHeaders ?? []).map((name) => name.toLowerCase());
  const both = setNames.find((name) => removed.includes(name));
  if (both !== undefined) throw invalid(["removeHeaders"], `${both} is both set and removed`);
  return { id: input.id, set, setNames, removed };
}
