import { canonicalAddress } from "../../../protocols/address/index.ts";
import { holdOwner } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { insertSuppressions } from "./store.ts";
import type { SuppressionCause } from "./suppression.ts";

/** An address that a pod is to write to no more. */
export interface Suppressed {
  readonly address: string;
  readonly cause: SuppressionCause;
  /** Printable; cut at MAX_NAME_LENGTH characters. */
  readonly reason: string | null;
}

/** What mail that comes back, or is complained of, leads to: in the transaction of who calls it. */
export async function suppress(
  { tx, scope, now, newId }: Context,
  podId: string,
  suppressed: readonly Suppressed[],
): Promise<void> {
  if (suppressed.length === 0) return;
  const { organizationId } = scope;
  const byAddress = new Map(suppressed.map((one) => [canonicalAddress(one.address), one]));
  const rows = [...byAddress].map(([address, { cause, reason }]) => ({
    ...{ id: newId(), organizationId, podId, address, cause, createdAt: now },
    reason: reason?.slice(0, MAX_NAME_LENGTH).toWellFormed() || null,
  }));
  await Promise.all([holdOwner(tx, scope, { podId, inboxId: null }), insertSuppressions(tx, scope, rows)]);
}
