/** Where the recipients of a send are: here, or at other servers, to which a pod and an inbox may not write while they are suspended. */
import type { InboxContext } from "../../door/context.ts";
import type { DueKind } from "../../door/due.ts";
import { fail } from "../../door/failures.ts";
import { domainOf, findWays, type QueuedFor, queuedFor } from "../copies/index.ts";

/** @throws Failure sending.paused when one is elsewhere and the rates of the inbox or its pod have suspended it */
export async function waysOf(
  { tx, scope, inbox, installation }: InboxContext,
  recipients: readonly string[],
): Promise<QueuedFor> {
  const domains = new Set(recipients.map(domainOf));
  // No other server can have an address of our own domain.
  const own = new Set([installation.domain]);
  if ([...domains].every((domain) => own.has(domain))) return queuedFor(recipients, own);
  const { hosted, suspended } = await tx.together(findWays, scope, { inbox, domains: [...domains] });
  const ways = queuedFor(recipients, new Set([...own, ...hosted]));
  if (ways.elsewhere.length > 0 && suspended !== null)
    throw fail("sending.paused", {
      message: `Sending to other servers is suspended for this ${suspended.who}`,
      hint: `${suspended.reason} ${endOf(suspended.who, inbox)}`,
    });
  return ways;
}

const endOf = (who: "pod" | "inbox", { podId, address }: InboxContext["inbox"]): string =>
  who === "pod"
    ? `An operator ends it with: rookery queue resume ${podId}`
    : `It ends by itself a day after it began, or before by an operator with: rookery queue resume ${address}`;

/** What workers are told to look for. */
export const noticesOf = ({ here, elsewhere }: QueuedFor): readonly DueKind[] => [
  ...(here.length > 0 ? (["copies"] as const) : []),
  ...(elsewhere.length > 0 ? (["outbound"] as const) : []),
];
