/** The jobs of moves: a few batches each, so that others have their place in between. A killed process's job is run by another. */
import type { Database } from "../../../storage/db.ts";
import { type Actor, systemActorAcrossPods } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { continueDissolving } from "./dissolve.ts";
import { continueGrouping, type GroupTurn } from "./group.ts";
import { MAX_MOVE_BATCHES } from "./limits.ts";
import { continueMove } from "./move.ts";
import type { WalkCursor } from "./store.ts";

export interface MoveParts {
  readonly door: Door;
  readonly database: Database;
}

/** @param podId a pod of the organization; nothing is left to do when it is gone */
const actorOf = ({ database }: MoveParts, podId: string): Promise<Actor | null> =>
  systemActorAcrossPods(database, "move", podId);

/** Goes on with the move of an inbox out of the pod. */
export async function moveTurn(parts: MoveParts, podId: string, inboxId: string): Promise<void> {
  const actor = await actorOf(parts, podId);
  if (actor === null) return;
  for (let batch = 1; batch <= MAX_MOVE_BATCHES; batch++) {
    const isLast = batch === MAX_MOVE_BATCHES;
    if (!(await parts.door.run(continueMove, actor, {}, { podId, inboxId, isLast }))) return;
  }
}

/** Goes on with the grouping of an organization's inboxes. */
export async function groupTurn(
  parts: MoveParts,
  organizationId: string,
  order: Omit<GroupTurn, "isLast">,
): Promise<void> {
  const actor = await actorOf(parts, organizationId);
  if (actor === null) return;
  let { after }: { after: WalkCursor | null } = order;
  for (let page = 1; page <= MAX_MOVE_BATCHES; page++) {
    const isLast = page === MAX_MOVE_BATCHES;
    after = await parts.door.run(continueGrouping, actor, {}, { ...order, after, isLast });
    if (after === null) return;
  }
}

/** Goes on with emptying a pod that is to be deleted. */
export async function dissolveTurn(parts: MoveParts, podId: string): Promise<void> {
  const actor = await actorOf(parts, podId);
  if (actor !== null) await parts.door.run(continueDissolving, actor, {}, { podId });
}
