/**
 * Which inboxes have used up what their limits give them for a day or longer: mail that they send, or that is for them, is refused
 * until then. A cap of an hour or less is a pace, and one of none at all is what somebody decided: neither is a fault.
 */
import type { Context } from "../../door/context.ts";
import type { Failure } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { findOverLimitRows, type LongCaps } from "./over-limits-store.ts";
import { limitReached, storageReached } from "./refusals.ts";
import { findAttachedPolicy, findPolicies, listAllPolicies } from "./store.ts";

/** Inboxes of a page, with the policies of their pods. */
export interface AskedInboxes {
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
  readonly policyIds: readonly string[];
}

export interface OverLimit {
  readonly inboxId: string;
  /** limit.reached or storage.reached, as a send or a mail would be told. */
  readonly failure: Failure;
}

/** @param asked null: all that the scope has. @returns `most` at most; several of an inbox that is over several limits */
export async function findOverLimits(
  { tx, scope, now, installation }: Pick<Context, "tx" | "scope" | "now" | "installation">,
  asked: AskedInboxes | null,
  most: number,
): Promise<OverLimit[]> {
  const maxima = installation.limits;
  const inForce = [{ policyId: null, limits: maxima }, ...(await policiesOf())];
  const caps = inForce.map(({ policyId, limits }) => capsOf(policyId, limits)).filter(bounds);
  if (caps.length === 0) return [];
  const rows = await findOverLimitRows(tx, scope, { caps, asked, now, most });
  return rows.map(({ inboxId, name, count, used, resetAt }) => ({
    inboxId,
    failure:
      name === "storageBytes" ? storageReached(count, used) : limitReached(name, count, { used, resetAt }),
  }));

  async function policiesOf(): Promise<{ policyId: string; limits: MailLimits }[]> {
    if (asked !== null && asked.policyIds.length === 0) return [];
    // A request about a pod reads the policy that is attached to it, and no others.
    const attached = scope.podId === null ? null : await findAttachedPolicy(tx, scope, scope.podId, maxima);
    const policies =
      scope.podId !== null
        ? [attached].filter((policy) => policy !== null)
        : asked === null
          ? await listAllPolicies(tx, scope, maxima)
          : await findPolicies(tx, scope, [...new Set(asked.policyIds)], maxima);
    return policies.map(({ id, limits }) => ({ policyId: id, limits }));
  }
}

const names = ["sentPerDay", "sentPerThirtyDays", "receivedPerDay", "storageBytes"] as const;

function capsOf(policyId: string | null, limits: MailLimits): LongCaps {
  const of = (name: (typeof names)[number]): number | null =>
    Number.isFinite(limits[name]) && limits[name] > 0 ? limits[name] : null;
  return {
    policyId,
    sentPerDay: of("sentPerDay"),
    sentPerThirtyDays: of("sentPerThirtyDays"),
    receivedPerDay: of("receivedPerDay"),
    storageBytes: of("storageBytes"),
  };
}

const bounds = (caps: LongCaps): boolean => names.some((name) => caps[name] !== null);
