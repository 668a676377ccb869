/** The limits that an inbox is held to, remembered by the version of what is attached to its pod. */
import { LRUCache } from "lru-cache";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, InboxTarget } from "../../door/access/index.ts";
import type { LimitsInForce, MailLimits } from "../../door/mail-limits.ts";
import { LIMITS_CACHE_ENTRIES } from "./limits.ts";
import type { Policy } from "./policy.ts";
import { findAnyPolicy, findAttachedPolicy } from "./store.ts";

interface Entry {
  readonly version: string;
  readonly limits: MailLimits;
}

/**
 * Asks nothing for a pod without a policy, and once for each version of one that has one: the look-up of the inbox brings the version,
 * so that a change holds with the next message in every process. @param maxima what holds without a policy
 */
export function createLimitsInForce(maxima: MailLimits): LimitsInForce {
  const entries = new LRUCache<string, Entry>({ max: LIMITS_CACHE_ENTRIES });
  const known = ({ podId, guardrails: { policyId, version } }: InboxTarget): MailLimits | null => {
    if (policyId === null) return maxima;
    const entry = entries.get(podId);
    return entry?.version === version ? entry.limits : null;
  };
  return {
    known,
    async of(tx, scope, inbox) {
      const there = known(inbox);
      if (there !== null) return there;
      const { policyId, version } = inbox.guardrails;
      const limits = policyId === null ? maxima : await read(tx, scope, inbox, policyId, maxima);
      entries.set(inbox.podId, { version, limits });
      return limits;
    },
  };
}

/** A policy that was detached and deleted since the inbox was looked up: then the maxima hold. */
async function read(
  tx: Tx,
  scope: AnyScope,
  inbox: InboxTarget,
  policyId: string,
  maxima: MailLimits,
): Promise<MailLimits> {
  const policy = await (scope.rows.system
    ? findAnyPolicy(tx, scope, policyId, maxima)
    : findAttachedPolicy(tx, scope, inbox.podId, maxima));
  return policy === null ? maxima : { ...policy.limits, ...optionsInForce(policy) };
}

function optionsInForce({
  spamDetection,
  options: { aiHeader = false, aiFooter },
}: Policy): Pick<MailLimits, "spamDetection" | "disclosure"> {
  if (!aiHeader && aiFooter === undefined) return { spamDetection };
  return { spamDetection, disclosure: { hasHeader: aiHeader, footer: aiFooter ?? null } };
}
