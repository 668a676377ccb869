/** Where the recipients of a send are: here, or at other servers, to which a pod may not write while it is suspended. */
import type { InboxContext } from "../../door/context.ts";
import type { DueKind } from "../../door/due.ts";
import { fail } from "../../door/failures.ts";
import { findSendOnly } from "../../tenancy/domains/index.ts";
import { domainOf, findWays, type QueuedFor, queuedFor } from "../copies/index.ts";

/** @throws Failure sending.paused when one is elsewhere and the pod's rates have suspended it */
export async function waysOf(
  { tx, scope, inbox, installation }: InboxContext,
  recipients: readonly string[],
): Promise<QueuedFor> {
  const domains = new Set(recipients.map(domainOf));
  // No other server can have an address of our own domain.
  const own = new Set([installation.domain]);
  if ([...domains].every((domain) => own.has(domain))) return queuedFor(recipients, own);
  const [{ hosted, suspended }, sendOnly] = await Promise.all([
    findWays(tx, scope, inbox.podId, [...domains]),
    findSendOnly(tx, scope, [...domains]),
  ]);
  const ways = queuedFor(recipients, new Set([...own, ...hosted].filter((name) => !sendOnly.has(name))));
  if (ways.elsewhere.length > 0 && suspended !== null)
    throw fail("sending.paused", {
      message: "Sending to other servers is suspended for this pod",
      hint: `${suspended} An operator ends it with: rookery queue resume ${inbox.podId}`,
    });
  return ways;
}

/** What workers are told to look for. */
export const noticesOf = ({ here, elsewhere }: QueuedFor): readonly DueKind[] => [
  ...(here.length > 0 ? (["copies"] as const) : []),
  ...(elsewhere.length > 0 ? (["outbound"] as const) : []),
];
