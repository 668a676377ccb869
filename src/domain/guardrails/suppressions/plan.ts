/** What of a suppression follows from the input alone. */
import { canonicalAddress, isHeaderSafe, isPattern, parseAddress } from "../../../protocols/address/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, type Path, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";

export interface NewSuppression {
  readonly address: string;
  readonly reason?: string;
}

export interface SuppressionPlan {
  readonly address: string;
  readonly reason: string | null;
}

const canonical = (given: string): string | null => {
  const parsed = parseAddress(given);
  return parsed === null || parsed.name !== null || /[<>]/.test(given)
    ? null
    : canonicalAddress(parsed.address);
};

/**
 * @param at where it lies in the input
 * @param row of what; "" for one alone: who imports a thousand looks for the row, and counts from 1
 * @throws Failure input.invalid
 */
export function planSuppression(
  { address, reason = "" }: NewSuppression,
  at: Path,
  row = "",
): SuppressionPlan {
  const found = isPattern(address) ? null : canonical(address);
  if (found === null)
    throw invalid(
      [...at, "address"],
      says`${row}${field("address")} must be an email address`,
      "Write user@example.com without a display name or a wildcard. Domains are blocked by list entries.",
    );
  if (reason.length > MAX_NAME_LENGTH || !isHeaderSafe(reason))
    throw invalid(
      [...at, "reason"],
      says`${row}${field("reason")} must have at most ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return { address: found, reason: reason || null };
}

export const noSuppression = (): Error =>
  fail("object.not_found", {
    message: "Suppression not found",
    hint: "List the suppressions of the pod to see those there are.",
  });

/** @throws Failure object.not_found for what is no address */
export function requireAddress({ address }: { readonly address: string }): string {
  const found = canonical(address);
  if (found === null) throw noSuppression();
  return found;
}
