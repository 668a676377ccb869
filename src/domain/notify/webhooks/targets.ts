/** What an endpoint listens to, and the home that follows from it. */
import { isUuid } from "../../../lib/uuid.ts";
import { findInboxTargetById, type Home } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_WEBHOOK_TARGETS, MAX_WEBHOOKS } from "../../limits.ts";
import { countWebhooks, findInboxesByAddress, findPodIds } from "./store.ts";
import type { Webhook } from "./webhook.ts";

export interface Targets {
  readonly podIds: readonly string[];
  readonly inboxes: Webhook["inboxes"];
}

/** What a caller named: ids of pods, addresses of inboxes, and the input's fields that hold them. */
export interface NamedTargets {
  readonly podIds: readonly string[];
  readonly addresses: readonly string[];
  readonly fields: { readonly podIds: string; readonly inboxIds: string };
}

/** Before they are looked up: one query must not carry a request's worth of names. @throws Failure input.invalid */
export function checkNamed(named: NamedTargets): NamedTargets {
  checkCount(named.fields.podIds, named.podIds);
  checkCount(named.fields.inboxIds, named.addresses);
  return named;
}

/**
 * Looks targets up inside the scope.
 * @throws Failure pod.not_found, inbox.not_found, foreign and absent alike
 */
export async function resolveTargets({ tx, scope }: Context, named: NamedTargets): Promise<Targets> {
  const { podIds, addresses, fields } = named;
  // A key of one inbox reaches no pod, not even the one around it.
  const pods = scope.inboxId === null ? await findPodIds(tx, scope, podIds.filter(isUuid)) : [];
  const missingPod = podIds.findIndex((id) => !pods.includes(id.toLowerCase()));
  if (missingPod >= 0)
    throw fail("pod.not_found", {
      say: "Pod not found",
      fix: says`Check ${field(fields.podIds, missingPod)}: it is no pod that this key can reach.`,
    });
  const wanted = addresses.map((address) => address.toLowerCase());
  const inboxes = await findInboxesByAddress(tx, scope, wanted);
  const known = new Set(inboxes.map((inbox) => inbox.address));
  const missing = wanted.findIndex((address) => !known.has(address));
  if (missing >= 0)
    throw fail("inbox.not_found", {
      say: "Inbox not found",
      fix: says`Check ${field(fields.inboxIds, missing)}: it is no inbox that this key can reach.`,
    });
  return { podIds: pods, inboxes };
}

/** @throws Failure input.invalid naming the list that is too long */
export function checkTargetCounts(targets: Targets): void {
  checkCount("podIds", targets.podIds);
  checkCount("inboxIds", targets.inboxes);
}

function checkCount(name: string, list: readonly unknown[]): void {
  if (list.length > MAX_WEBHOOK_TARGETS)
    throw invalid([name], says`${field(name)} may have ${MAX_WEBHOOK_TARGETS} entries at most`);
}

/** What an endpoint listens to that names nothing: all of the scope it is made in, which only at organization level is unlimited. */
export async function targetsOfScope({ tx, scope }: Context): Promise<Targets> {
  if (scope.podId === null) return { podIds: [], inboxes: [] };
  if (scope.inboxId === null) return { podIds: [scope.podId], inboxes: [] };
  const inbox = await findInboxTargetById(tx, scope, scope.podId, scope.inboxId);
  if (inbox === null) throw fail("inbox.not_found", { say: "Inbox not found" });
  const { id, podId, address } = inbox;
  return { podIds: [], inboxes: [{ id, podId, address }] };
}

/** The narrowest pod and inbox that hold everything listened to; the scope's own when nothing is named. */
export function homeOf({ scope }: Context, { podIds, inboxes }: Targets): Home {
  if (podIds.length + inboxes.length === 0) return { podId: scope.podId, inboxId: scope.inboxId };
  const pods = new Set([...podIds, ...inboxes.map((inbox) => inbox.podId)]);
  const [podId] = pods;
  if (podId === undefined || pods.size > 1) return { podId: scope.podId, inboxId: null };
  const [inbox] = inboxes;
  const alone = podIds.length === 0 && inboxes.length === 1 && inbox !== undefined;
  return { podId, inboxId: alone ? inbox.id : null };
}

/** @throws Failure limit.exceeded; several at the same moment may go a little over it */
export async function checkRoom({ tx, scope }: Context, home: Home): Promise<void> {
  if ((await countWebhooks(tx, scope, home, MAX_WEBHOOKS)) < MAX_WEBHOOKS) return;
  throw fail("limit.exceeded", {
    say: "Webhook limit exceeded",
    fix: "Delete endpoints that are no longer wanted, or let one listen to more event types.",
    limit: { resource: "webhook", count: MAX_WEBHOOKS },
  });
}
