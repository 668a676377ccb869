/** What the lists around an inbox make of an address (contract 11). */
import { entriesNaming } from "./entry.ts";
import type { Listed } from "./store.ts";

/** Why an address is refused; null: it is not. */
export type Refusal = "suppressed" | "blocked" | "not_allowed" | null;

/**
 * A suppressed address is refused whatever else lists say: an inbox that may write to a domain may still not write to an address there
 * that refuses its mail. Of the others the narrowest level with an entry for the address or its domain decides, and there a block wins. Without such an entry the
 * address is refused when any level has a list of those that are allowed. @param address null: there is none
 */
export function refusalOf(address: string | null, listed: readonly Listed[]): Refusal {
  if (listed.length === 0) return null;
  const matches = address === null ? [] : naming(address, listed);
  if (matches.length === 0) return listed.some(({ entry }) => entry === null) ? "not_allowed" : null;
  if (address !== null && suppressionOf(address, listed) !== null) return "suppressed";
  const narrowest = Math.min(...matches.map(({ level }) => level));
  const isBlocked = matches.some(({ level, listType }) => level === narrowest && listType === "block");
  return isBlocked ? "blocked" : null;
}

function naming(address: string, listed: readonly Listed[]): readonly Listed[] {
  const names: readonly (string | null)[] = entriesNaming(address);
  return listed.filter(({ entry }) => entry !== null && names.includes(entry));
}

/** Why an address is suppressed, in one word; null: it is not. */
export const suppressionOf = (address: string, listed: readonly Listed[]): string | null =>
  naming(address, listed).find(({ cause = null }) => cause !== null)?.cause ?? null;
