/** An inbox's standing as it is read, and how its suspension is ended before it ends by itself. */

import type { InboxContext } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { operation } from "../../door/operation.ts";
import { findRecentOf, type InboxCounts, releaseHeldOf, resumeInbox } from "./inbox-standing-store.ts";
import { INBOX_RATES_FROM_SENDS, RATE_WINDOW_MS, WARN_RATE } from "./limits.ts";
import { type Rates, ratesOf } from "./standing.ts";

export interface InboxStanding extends InboxCounts, Rates {
  readonly podId: string;
  readonly address: string;
  readonly status: "good" | "warned" | "suspended";
}

async function standingOf({ tx, scope, now, inbox }: InboxContext): Promise<InboxStanding> {
  const since = new Date(now.getTime() - RATE_WINDOW_MS);
  const [recent] = await findRecentOf(tx, scope, inbox.podId, [inbox.id], since);
  if (recent === undefined) throw new Error("an inbox without counts");
  const rates = ratesOf(recent);
  const isWarned = recent.sent >= INBOX_RATES_FROM_SENDS && (rates.bounceRate ?? 0) >= WARN_RATE;
  const status = recent.suspendedUntil !== null ? "suspended" : isWarned ? "warned" : "good";
  return { ...recent, ...rates, podId: inbox.podId, address: inbox.address, status };
}

export const getInboxStanding = operation({
  name: "outbound.inbox_standing",
  needs: ["metrics_read"],
  on: "inbox",
  kind: "read",
  run: standingOf,
});

/** Ends an inbox's suspension: what it sent until now no longer counts against it. Only keys of the organization may: an agent, or its tenant, does not excuse itself. */
export const resumeInboxSending = operation({
  name: "outbound.resume_inbox",
  needs: ["guardrail_write"],
  on: "inbox",
  kind: "write",
  async run(context, _input: undefined): Promise<InboxStanding> {
    const { tx, scope, now, inbox } = context;
    context.target(inbox.address);
    await resumeInbox(tx, scope, inbox.podId, inbox.id, now);
    tx.beforeCommit(
      releaseHeldOf(tx, scope, inbox.podId, inbox.id),
      tx.notify(DUE_CHANNEL, dueNotice("outbound", inbox.podId)),
    );
    return standingOf(context);
  },
});
