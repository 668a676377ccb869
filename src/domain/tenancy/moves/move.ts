/**
 * Moving inboxes to another pod of their organization, with all that they hold: see docs/decisions/0029-moves.md. What one transaction
 * may move is there when it ends; a larger inbox is closed, and a job goes on.
 */
import type { Job } from "../../../storage/jobs.ts";
import { findSuspendedPods, type PodName } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { requirePod } from "../../door/targets.ts";
import { field, says } from "../../door/text.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { findPodsOfDomains } from "../domains/index.ts";
import { findInboxes, type Inbox } from "../inboxes/index.ts";
import {
  beginMove,
  domainOf,
  endMove,
  findHolders,
  type LockedInbox,
  lockToMove,
  type MovableInbox,
  type Move,
  moveBatch,
} from "./store.ts";

/** Moves the target inbox to another pod. One that is large is on its way then: `movingTo` of what it gives. */
export const moveInbox = operation({
  name: "inbox.move",
  needs: ["inbox_update", "pod_update"],
  on: "inbox",
  kind: "write",
  acrossPods: true,
  runsWhileMoving: true,
  isLong: true,
  fails: ["object.conflict"],
  run: (context, { pod }: { readonly pod: PodName }): Promise<Inbox> => moveTo(context, context.inbox, pod),
});

/**
 * Moves one inbox; the context is the organization's.
 * @returns it as it is then: large ones are on their way. @throws Failure pod.not_found, and object.conflict when it cannot move
 */
export async function moveTo(context: Context, inbox: MovableInbox, pod: PodName): Promise<Inbox> {
  const { tx, scope } = context;
  const target = await requirePod(tx, scope, pod);
  const failure = (await moveInboxes(context, [inbox], target.id)).get(inbox.id);
  if (failure !== undefined) throw failure;
  const [moved] = await findInboxes(tx, scope, [inbox.id]);
  if (moved === undefined) throw noInbox();
  return moved;
}

const noInbox = () => fail("inbox.not_found", { message: "Inbox not found" });

/** Goes on with a move, one job for each inbox. */
export const moveJob = (podId: string, inboxId: string): Job => ({
  task: "move_inbox",
  payload: { podId, inboxId },
  key: `move_inbox ${inboxId}`,
});

/**
 * Moves inboxes of the organization to the pod; those that are there already stay as they are. The context is the organization's.
 * @returns why not, of those that are refused: they are where they were
 */
export async function moveInboxes(
  context: Context,
  wanted: readonly MovableInbox[],
  targetId: string,
): Promise<ReadonlyMap<string, Failure>> {
  const refused = new Map<string, Failure>();
  const bySource = Map.groupBy(
    wanted.filter(({ podId }) => podId !== targetId),
    ({ podId }) => podId,
  );
  // In one order, so that two never wait for each other.
  for (const sourceId of [...bySource.keys()].toSorted()) {
    const ids = (bySource.get(sourceId) ?? []).map(({ id }) => id);
    const locked = await lockToMove(context.tx, context.scope, sourceId, ids);
    const suspended = await findSuspendedPods(context.tx, context.scope, [sourceId, targetId]);
    if (suspended.size > 0) {
      for (const id of ids) refused.set(id, podSuspended());
      continue;
    }
    const found = new Set(locked.map(({ id }) => id));
    for (const id of ids) if (!found.has(id)) refused.set(id, noInbox());
    const open = await findMovable(context, locked, targetId, refused);
    if (open.length > 0)
      await startMove(context, { sourceId, targetId, inboxIds: open.map(({ id }) => id) }, open);
  }
  return refused;
}

/** Which of the locked inboxes may leave for the pod; why the others may not goes into `refused`. */
async function findMovable(
  context: Context,
  locked: readonly LockedInbox[],
  targetId: string,
  refused: Map<string, Failure>,
): Promise<readonly LockedInbox[]> {
  const { tx, scope } = context;
  const owners = await findPodsOfDomains(
    context,
    locked.map(({ address }) => domainOf(address)),
  );
  const holders = await findHolders(
    tx,
    scope,
    targetId,
    locked.flatMap(({ clientId }) => clientId ?? []),
  );
  const refusalOf = (inbox: LockedInbox): Failure | null => {
    const owner = owners.get(domainOf(inbox.address)) ?? null;
    if (owner !== null && owner !== targetId) return boundToDomain(inbox);
    const holder = inbox.clientId === null ? undefined : holders.get(inbox.clientId);
    if (holder !== undefined && holder !== inbox.id) return nameTaken(inbox);
    return inbox.movingTo === null || inbox.movingTo === targetId ? null : movesElsewhere(inbox);
  };
  return locked.filter((inbox) => {
    const failure = refusalOf(inbox);
    if (failure !== null) refused.set(inbox.id, failure);
    // A job that was given up is begun again.
    else if (inbox.movingTo !== null) context.enqueue(moveJob(inbox.podId, inbox.id));
    return failure === null && inbox.movingTo === null;
  });
}

/** Out of one it would come alive again, as into one it would die: neither is what a move says. */
const podSuspended = () =>
  fail("object.conflict", {
    message: "No inbox moves into a suspended pod, or out of it",
    hint: "Unsuspend the pod first.",
  });

const boundToDomain = ({ address }: MovableInbox) =>
  fail("object.conflict", {
    message: `${address} cannot leave its pod, which owns the domain of the address`,
    hint: "Only a domain of the organization as a whole can have inboxes in several pods.",
  });

const nameTaken = ({ address, clientId }: LockedInbox) =>
  fail("object.conflict", {
    message: says`The pod has another inbox with the ${field("clientId")} of ${address}, which is ${clientId ?? ""}`,
    hint: "Delete that one, or choose another pod.",
  });

const movesElsewhere = ({ address }: MovableInbox) =>
  fail("object.conflict", {
    message: `${address} is on its way to another pod`,
    hint: "Wait until it is there, then move it again.",
  });

async function startMove(context: Context, move: Move, inboxes: readonly MovableInbox[]): Promise<void> {
  const { tx, scope } = context;
  await beginMove(tx, scope, move);
  context.changed(
    inboxes.map(({ id, address }) => ({
      operation: "inbox.move",
      podId: move.sourceId,
      inboxId: id,
      target: address,
    })),
  );
  if (await moveBatch(tx, scope, move))
    for (const { id } of inboxes) context.enqueue(moveJob(move.sourceId, id));
  else await finishMove(context, move);
}

/** Once nothing is left of the inboxes in their old pod. */
async function finishMove(context: Context, move: Move): Promise<void> {
  const { tx, scope } = context;
  await endMove(tx, scope, move, context.now);
  context.enqueue(sweepJob(move.sourceId));
  context.keysChanged(null);
  for (const kind of ["copies", "outbound"] as const)
    tx.beforeCommit(tx.notify(DUE_CHANNEL, dueNotice(kind, move.targetId)));
}

export interface MoveTurn {
  /** The pod that the inbox leaves. */
  readonly podId: string;
  readonly inboxId: string;
  /** True: the job ends with this batch, and another one is enqueued if there is more. */
  readonly isLast: boolean;
}

/** One batch of a move that is under way; ends it when nothing is left. @returns whether there is more */
export const continueMove = operation({
  name: "inbox.move",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  isLong: true,
  async run(context, { podId, inboxId, isLast }: MoveTurn): Promise<boolean> {
    const { tx, scope } = context;
    const [inbox] = await lockToMove(tx, scope, podId, [inboxId]);
    // Ended by another job, or deleted.
    if (inbox === undefined || inbox.movingTo === null) return false;
    const move = { sourceId: podId, targetId: inbox.movingTo, inboxIds: [inboxId] };
    const more = await moveBatch(tx, scope, move);
    if (!more) await finishMove(context, move);
    else if (isLast) context.enqueue(moveJob(podId, inboxId));
    return more;
  },
});
