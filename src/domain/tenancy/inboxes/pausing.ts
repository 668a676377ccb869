/** Who pauses an inbox and who may resume it; see docs/decisions/0030-accounts.md. */
import type { ScopeLevel } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import type { Inbox } from "./inbox.ts";

type Pausing = Pick<Inbox, "pausedAt" | "pausedFrom">;

/** From the narrowest to the widest. */
const widths: readonly ScopeLevel[] = ["inbox", "pod", "organization"];
const widthOf = (level: ScopeLevel): number => widths.indexOf(level);

/** One that is paused stays so since it was, and remembers the widest key that asked for it. @param level of the key */
export function pausedBy({ pausedAt, pausedFrom }: Pausing, level: ScopeLevel, now: Date): Pausing {
  const isWider = pausedFrom === null || widthOf(level) > widthOf(pausedFrom);
  return { pausedAt: pausedAt ?? now, pausedFrom: isWider ? level : pausedFrom };
}

/**
 * An agent whose operator paused its inbox cannot undo that with the inbox's own key. @param level of the key
 * @throws Failure scope.forbidden
 */
export function resumedBy({ pausedFrom }: Pausing, level: ScopeLevel): Pausing {
  if (pausedFrom !== null && widthOf(level) < widthOf(pausedFrom))
    throw fail("scope.forbidden", {
      message: "The inbox was paused with a wider key",
      hint: `Resume it with a key of the ${pausedFrom}.`,
    });
  return { pausedAt: null, pausedFrom: null };
}
