/** What an endpoint listens to, and the owner that follows from it. */
import { isUuid } from "../../../lib/uuid.ts";
import { isAddedHere, lockOwners, type Owner, type Scope } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_WEBHOOK_TARGETS } from "../../limits.ts";
import { MAX_WEBHOOKS } from "./limits.ts";
import { countWebhooks, findInboxesBy, findPodIds, ownerKey } from "./store.ts";
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

/** What endpoints of a scope name, or would. */
export interface NamedIn {
  readonly scope: Scope;
  readonly named: NamedTargets;
}

/** Targets that were looked up; nothing outside a scope is among its own. */
export interface KnownTargets {
  /** @throws Failure pod.not_found, inbox.not_found, foreign and absent alike */
  readonly namedIn: (scope: Scope, named: NamedTargets) => Targets;
  /** What an endpoint listens to that names nothing: all of the scope it is made in, which only at organization level is unlimited. */
  readonly allOf: (scope: Scope) => Targets;
}

/** Looks targets up for any number of endpoints, whose scopes lie in the context's. */
export async function findTargets(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  asked: readonly NamedIn[],
): Promise<KnownTargets> {
  const podIds = asked.flatMap(({ named }) => named.podIds.filter(isUuid));
  const addresses = asked.flatMap(({ named }) => lowerCase(named.addresses));
  const inboxIds = asked.flatMap((one) => one.scope.inboxId ?? []);
  const [foundPods, listed, ownInboxes] = await Promise.all([
    findPodIds(tx, scope, podIds),
    findInboxesBy(tx, scope, "address", addresses),
    findInboxesBy(tx, scope, "inbox_id", inboxIds),
  ]);
  const pods = new Set(foundPods);
  const inboxes = new Map(listed.map((inbox, rank) => [inbox.address, { inbox, rank }]));
  const byId = new Map(ownInboxes.map((inbox) => [inbox.id, inbox]));
  return {
    namedIn: (own, named) => ({
      podIds: podsIn(own, named, pods),
      inboxes: inboxesIn(own, named, inboxes),
    }),
    allOf(own) {
      if (own.podId === null) return { podIds: [], inboxes: [] };
      if (own.inboxId === null) return { podIds: [own.podId], inboxes: [] };
      const inbox = byId.get(own.inboxId);
      if (inbox === undefined) throw fail("inbox.not_found", { message: "Inbox not found" });
      return { podIds: [], inboxes: [inbox] };
    },
  };
}

const lowerCase = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase());

function podsIn(scope: Scope, { podIds, fields }: NamedTargets, known: ReadonlySet<string>): string[] {
  const wanted = lowerCase(podIds);
  // A key of one inbox reaches no pod, not even the one around it.
  const reaches = (id: string): boolean =>
    known.has(id) && scope.inboxId === null && (scope.podId === null || scope.podId === id);
  const missing = wanted.findIndex((id) => !reaches(id));
  if (missing >= 0)
    throw fail("pod.not_found", {
      message: "Pod not found",
      hint: says`Check ${field(fields.podIds, missing)}: it is not a pod that this key can reach.`,
    });
  return [...new Set(wanted)];
}

/** In the order in which lists show them. */
function inboxesIn(
  scope: Scope,
  { addresses, fields }: NamedTargets,
  known: ReadonlyMap<string, { readonly inbox: Inbox; readonly rank: number }>,
): Inbox[] {
  const wanted = lowerCase(addresses).map((address) => {
    const one = known.get(address);
    const isWithin =
      (scope.podId === null || scope.podId === one?.inbox.podId) &&
      (scope.inboxId === null || scope.inboxId === one?.inbox.id);
    return isWithin ? one : undefined;
  });
  const missing = wanted.indexOf(undefined);
  if (missing >= 0)
    throw fail("inbox.not_found", {
      message: "Inbox not found",
      hint: says`Check ${field(fields.inboxIds, missing)}: it is not an inbox that this key can reach.`,
    });
  return [...new Set(wanted)]
    .flatMap((one) => one ?? [])
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ inbox }) => inbox);
}

type Inbox = Targets["inboxes"][number];

/** @throws Failure input.invalid naming the list that is too long */
export function checkTargetCounts(targets: Targets): void {
  checkCount("podIds", targets.podIds);
  checkCount("inboxIds", targets.inboxes);
}

function checkCount(name: string, list: readonly unknown[]): void {
  if (list.length > MAX_WEBHOOK_TARGETS)
    throw invalid([name], says`${field(name)} may have ${MAX_WEBHOOK_TARGETS} entries at most`);
}

/** The narrowest pod and inbox that hold everything listened to; the scope's own when nothing is named. */
export function ownerOf({ podId: ownPod, inboxId: ownInbox }: Scope, { podIds, inboxes }: Targets): Owner {
  if (podIds.length + inboxes.length === 0) return { podId: ownPod, inboxId: ownInbox };
  const pods = new Set([...podIds, ...inboxes.map((inbox) => inbox.podId)]);
  const [podId] = pods;
  if (podId === undefined || pods.size > 1) return { podId: ownPod, inboxId: null };
  const [inbox] = inboxes;
  const alone = podIds.length === 0 && inboxes.length === 1 && inbox !== undefined;
  return { podId, inboxId: alone ? inbox.id : null };
}

/** What is left of the quotas of owners; `take` counts. */
export interface Quota {
  /** @returns why there is none: limit.exceeded; null when one was taken */
  readonly take: (owner: Owner) => Failure | null;
}

/** Counts the endpoints that `owners` have, to which no other transaction adds until this one ends. */
export async function countQuota(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  owners: readonly Owner[],
): Promise<Quota> {
  const counted = owners.filter((owner) => !isAddedHere(tx, owner));
  await lockOwners(tx, scope, counted);
  const counts = new Map(await countWebhooks(tx, scope, counted, MAX_WEBHOOKS));
  return {
    take(owner) {
      const count = counts.get(ownerKey(owner)) ?? 0;
      counts.set(ownerKey(owner), count + 1);
      return count < MAX_WEBHOOKS ? null : tooMany();
    },
  };
}

const tooMany = (): Failure =>
  fail("limit.exceeded", {
    message: "Webhook limit exceeded",
    hint: "Delete endpoints that are no longer wanted, or let one listen to more event types.",
    limit: { resource: "webhook", count: MAX_WEBHOOKS },
  });
