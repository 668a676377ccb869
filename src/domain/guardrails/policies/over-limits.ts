/**
 * Which inboxes have used up what their limits give them for a day or longer: mail that they send, or that is for them, is refused
 * until then. A cap of an hour or less is a pace, and one of none at all is what somebody decided: neither is a fault.
 */
import type { Context } from "../../door/context.ts";
import type { Failure } from "../../door/failures.ts";
import type { LimitName, MailLimits } from "../../door/mail-limits.ts";
import { type AskedInbox, findOverLimitRows, type LongCaps, longCaps } from "./over-limits-store.ts";
import type { Policy } from "./policy.ts";
import { limitReached, storageReached } from "./refusals.ts";
import { findAttachedPolicy, findPolicies, listAllPolicies } from "./store.ts";

export interface OverLimit {
  readonly inboxId: string;
  /** limit.reached or storage.reached, as a send or a mail would be told. */
  readonly failure: Failure;
}

type Parts = Pick<Context, "tx" | "scope" | "now" | "installation">;

/** @param asked null: all that the scope has. @returns `most` at most; several of an inbox that is over several limits */
export async function findOverLimits(
  parts: Parts,
  asked: readonly AskedInbox[] | null,
  most: number,
): Promise<OverLimit[]> {
  const { tx, scope, now, installation } = parts;
  const inForce = [{ id: null, limits: installation.limits }, ...(await policiesOf(parts, asked))];
  const caps = inForce.map(({ id, limits }) => capsOf(id, limits)).filter(bounds);
  if (caps.length === 0) return [];
  const rows = await findOverLimitRows(tx, scope, { caps, asked, now, most });
  return rows.map(({ inboxId, name, count, used, resetAt }) => ({
    inboxId,
    failure:
      name === "storageBytes" ? storageReached(count, used) : limitReached(name, count, { used, resetAt }),
  }));
}

/** Policies that the pods asked about may have attached. */
async function policiesOf(
  { tx, scope, installation }: Parts,
  asked: readonly AskedInbox[] | null,
): Promise<readonly Policy[]> {
  const maxima = installation.limits;
  const attachedIds = new Set(asked?.flatMap(({ policyId }) => policyId ?? []));
  if (asked !== null && attachedIds.size === 0) return [];
  // A request about a pod reads the policy that is attached to it, and no others.
  if (scope.podId !== null) {
    const attached = await findAttachedPolicy(tx, scope, scope.podId, maxima);
    return attached === null ? [] : [attached];
  }
  return asked === null
    ? listAllPolicies(tx, scope, maxima)
    : findPolicies(tx, scope, [...attachedIds], maxima);
}

function capsOf(policyId: string | null, limits: MailLimits): LongCaps {
  const of = (name: LimitName): number | null =>
    Number.isFinite(limits[name]) && limits[name] > 0 ? limits[name] : null;
  return {
    policyId,
    sentPerDay: of("sentPerDay"),
    sentPerThirtyDays: of("sentPerThirtyDays"),
    receivedPerDay: of("receivedPerDay"),
    storageBytes: of("storageBytes"),
  };
}

const bounds = (caps: LongCaps): boolean => longCaps.some((name) => caps[name] !== null);
