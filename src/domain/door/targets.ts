/** Finds what a caller points at inside what he may reach. Foreign and absent look alike. */
import { isUuid } from "../../lib/uuid.ts";
import type { Tx } from "../../storage/db.ts";
import type { Actor } from "./access/actor.ts";
import type { Scope } from "./access/index.ts";
import {
  findInboxTargetByClientId,
  findInboxTargetById,
  findInboxTargets,
  findPodTarget,
  type InboxTarget,
  type PodName,
  type PodTarget,
} from "./access/store.ts";
import { fail, invalid } from "./failures.ts";

/** Where the caller points; absent means "all that my key reaches". */
export interface At {
  /** A string alone is its id, or the client_id that it was created with. */
  readonly pod?: string | PodName;
  /** A string alone is an address. */
  readonly inbox?: string | InboxName;
}

/** By address, by id, by the client_id that it was created with, or the one that the key itself is of. */
export type InboxName =
  | { readonly address: string }
  | { readonly id: string }
  | { readonly clientId: string }
  | { readonly own: true };

export interface Resolved {
  /** The narrowest that has them. */
  readonly scope: Scope;
  readonly pod: PodTarget | null;
  readonly inbox: InboxTarget | null;
}

/**
 * Finds the pod and the inbox that `at` names, inside the actor's scope.
 * @throws Failure scope.forbidden, pod.not_found, inbox.not_found
 */
export async function resolve(tx: Tx, actor: Actor, at: At): Promise<Resolved> {
  let { scope } = actor;
  let pod: PodTarget | null = null;
  let inbox: InboxTarget | null = null;
  if (at.pod !== undefined) {
    pod = await requirePod(tx, scope, at.pod);
    scope = scope.narrowToPod(pod.id);
  }
  if (at.inbox !== undefined) {
    inbox = await requireInbox(tx, scope, at.inbox, pod);
    scope = scope.narrowToInbox(inbox.podId, inbox.id);
  }
  return { scope, pod, inbox };
}

/**
 * As resolve, for what takes something from one pod to another: the scope stays that of the organization.
 * @throws Failure scope.forbidden for a narrower key
 */
export async function resolveAcrossPods(tx: Tx, actor: Actor, at: At): Promise<Resolved> {
  const { scope } = actor;
  if (scope.level !== "organization")
    throw fail("scope.forbidden", { message: "Forbidden", hint: "Use a key of the organization." });
  const pod = at.pod === undefined ? null : await requirePod(tx, scope, at.pod);
  const inbox = at.inbox === undefined ? null : await requireInbox(tx, scope, at.inbox, pod);
  return { scope, pod, inbox };
}

async function requireInbox(
  tx: Tx,
  scope: Scope,
  name: NonNullable<At["inbox"]>,
  pod: PodTarget | null,
): Promise<InboxTarget> {
  const inbox = await findInbox(tx, scope, name);
  if (inbox === null || (pod !== null && inbox.podId !== pod.id))
    throw fail("inbox.not_found", {
      message: "Inbox not found",
      hint: "List inboxes to see the addresses this key can reach.",
    });
  return inbox;
}

/** @throws Failure pod.not_found, and scope.forbidden for the key of an inbox */
export async function requirePod(tx: Tx, scope: Scope, name: string | PodName): Promise<PodTarget> {
  if (scope.level === "inbox")
    throw fail("scope.forbidden", {
      message: "Forbidden",
      hint: "This key is scoped to one inbox: ask for the inbox without its pod.",
    });
  const pod = await findPod(tx, scope, name);
  if (pod === null)
    throw fail("pod.not_found", {
      message: "Pod not found",
      hint: "List pods to see the ids this key can reach.",
    });
  return pod;
}

async function findPod(tx: Tx, scope: Scope, name: string | PodName): Promise<PodTarget | null> {
  if (typeof name !== "string")
    return "id" in name && !isUuid(name.id) ? null : findPodTarget(tx, scope, name);
  // A tenant's id elsewhere, and so its client_id here, is often a UUID as well.
  const byId = isUuid(name) ? await findPodTarget(tx, scope, { id: name }) : null;
  return byId ?? (await findPodTarget(tx, scope, { clientId: name }));
}

async function findInbox(tx: Tx, scope: Scope, named: NonNullable<At["inbox"]>): Promise<InboxTarget | null> {
  if (typeof named === "string") return findByAddress(tx, scope, named);
  if ("address" in named) return findByAddress(tx, scope, named.address);
  if ("clientId" in named) return findInboxTargetByClientId(tx, scope, named.clientId);
  const id = "own" in named ? ownInbox(scope) : named.id;
  return isUuid(id) ? findInboxTargetById(tx, scope, scope.podId, id) : null;
}

const findByAddress = (tx: Tx, scope: Scope, address: string): Promise<InboxTarget | null> =>
  tx.together(inboxesByAddress, scope, address.toLowerCase());

async function inboxesByAddress(
  tx: Tx,
  scope: Scope,
  addresses: readonly string[],
): Promise<readonly (InboxTarget | null)[]> {
  const found = await findInboxTargets(tx, scope, [...new Set(addresses)]);
  return addresses.map((address) => found.get(address) ?? null);
}

function ownInbox({ inboxId }: Scope): string {
  if (inboxId !== null) return inboxId;
  throw invalid([], "Only the key of an inbox has an inbox of its own", "Name the inbox by its id.");
}
