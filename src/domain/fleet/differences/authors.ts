/** Who made what differs: asked of the audit log. */
import type { Context } from "../../door/context.ts";
import { findLastChanges } from "./authors-store.ts";
import type { Author, Change } from "./change.ts";
import type { FleetMark } from "./live.ts";

/** A change, and what the fleet knew of its tenant. */
export interface Attributed {
  readonly change: Change;
  readonly mark: Pick<FleetMark, "podId" | "appliedAt"> | null;
  /** Id of what the fleet made, when it is not there any more. */
  readonly lostId: string | null;
}

/**
 * The changes with who made those that are drift, and when: the last change of the object since the last apply, if the audit log
 * still has it. One statement, and none without drift.
 */
export async function withAuthors(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  changes: readonly Attributed[],
): Promise<Change[]> {
  const drifted = changes.filter(({ change }) => change.cause === "drift");
  if (drifted.length === 0) return changes.map(({ change }) => change);
  const found = await findLastChanges(tx, scope, {
    podIds: [...new Set([scope.organizationId, ...drifted.flatMap(({ mark }) => mark?.podId ?? [])])],
    targets: [...new Set(drifted.flatMap(targetsOf))],
  });
  const authorOf = (one: Attributed): Author | null => {
    const since = one.mark?.appliedAt ?? new Date(0);
    const authors = targetsOf(one).flatMap((target) => found.get(target) ?? []);
    return (
      authors.filter(({ at }) => at > since).toSorted((a, b) => b.at.getTime() - a.at.getTime())[0] ?? null
    );
  };
  return changes.map((one) =>
    one.change.cause === "drift" ? { ...one.change, by: authorOf(one) } : one.change,
  );
}

/** What audit rows may call the object: inboxes go by their addresses, all others by their ids. */
const targetsOf = ({ change, lostId }: Attributed): string[] =>
  change.kind === "inbox" ? [change.address ?? ""] : [change.objectId, lostId].flatMap((id) => id ?? []);
