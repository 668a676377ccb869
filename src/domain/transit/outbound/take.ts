/** Takes deliveries of a pod that are due, so that this process alone attempts them for as long as its lease lasts. */
import { prefixWithin } from "../../../lib/prefix-within.ts";
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { returnPathHost } from "../../tenancy/domains/index.ts";
import { domainOf } from "../copies/index.ts";
import { returnPathFor } from "../return-paths/index.ts";
import type { TakenDelivery } from "./attempt.ts";
import {
  MAX_OUTBOUND_BATCH,
  MAX_OUTBOUND_BATCH_BYTES,
  OUTBOUND_LEASE_MS,
  OUTBOUND_WINDOW,
} from "./limits.ts";
import { type DueDelivery, giveBack, hold, lease, listDue, listDueElsewhere } from "./queue-store.ts";
import { type FoundLease, findTaken } from "./taken-store.ts";
import { holdToWarmUp } from "./warm-up.ts";

export interface Take {
  readonly podId: string;
  /** Whether the bytes of the messages are wanted. */
  readonly withBytes: boolean;
  /** How many for this domain may be begun now. */
  readonly roomFor: (domain: string) => number;
  /** Domains for which there is no room. */
  readonly full: readonly string[];
  /** The domain behind which the look past full ones begins. */
  readonly after: string;
  /** Messages that a domain may send on its first day; null: any number. */
  readonly warmUp: number | null;
}

export interface TakenDeliveries {
  readonly taken: readonly TakenDelivery[];
  /** Whether the pod has more that is due, as far as was looked. */
  readonly hasMore: boolean;
}

export const takeOutbound = operation({
  name: "outbound.take",
  needs: "system",
  on: "any",
  kind: "upkeep",
  run: takeDue,
});

/** In the transaction of who calls it. */
export async function takeDue(context: Context, take: Take): Promise<TakenDeliveries> {
  const { tx, scope } = context;
  const { podId } = take;
  const { free, isWindowFull } = await findFree(context, take);
  const chosen = choose(free, take.roomFor);
  const waits =
    take.warmUp === null
      ? new Set<string>()
      : await holdToWarmUp(tx, scope, podId, chosen, take.warmUp, context.now);
  tx.beforeCommit(hold(tx, scope, podId, [...waits], "warming up"));
  const begun = chosen.filter(({ id }) => !waits.has(id));
  const ids = begun.map(({ id }) => id);
  if (ids.length === 0) return { taken: [], hasMore: isWindowFull || free.length > 0 };
  const [leased, found] = await Promise.all([
    lease(tx, scope, podId, ids, OUTBOUND_LEASE_MS),
    findTaken(tx, scope, podId, {
      ids,
      names: [...new Set(begun.flatMap(({ recipients }) => recipients).map(canonicalAddress))],
      withBytes: take.withBytes,
    }),
  ]);
  const ours = new Set(leased);
  return {
    taken: found.filter(({ id }) => ours.has(id)).map((one) => takenOf(context, one)),
    hasMore: isWindowFull || free.length > ids.length,
  };
}

/** A send before it was known where its bounces go has them come to its own domain's host. */
function takenOf(
  { sealer, now }: Context,
  { returnPath, sender, left, causes, ...taken }: FoundLease,
): TakenDelivery {
  const host = returnPath ?? (sender === null ? null : returnPathHost(domainOf(sender)));
  const causeOf = (address: string) => causes.get(canonicalAddress(address));
  return {
    ...taken,
    envelopeFrom: host === null ? "" : returnPathFor(sealer, taken.id, host, now),
    pending: left.filter((address) => causeOf(address) === undefined),
    suppressed: left.flatMap((address) => {
      const cause = causeOf(address);
      return cause === undefined ? [] : [{ address, cause }];
    }),
  };
}

/** What is due and may be begun, those that wait longest first. What is held up by its sender is put off. */
async function findFree(
  { tx, scope }: Context,
  { podId, full, after }: Take,
): Promise<{ free: DueDelivery[]; isWindowFull: boolean }> {
  const without = new Set(full);
  // Past full domains further, as the oldest may all be theirs.
  const window = full.length === 0 ? MAX_OUTBOUND_BATCH + 1 : OUTBOUND_WINDOW;
  const due = await listDue(tx, scope, podId, window);
  const isWindowFull = due.length === window;
  let free = due.filter(({ domain }) => !without.has(domain));
  if (free.length === 0 && isWindowFull)
    free = await listDueElsewhere(tx, scope, podId, {
      except: full,
      after,
      perDomain: MAX_OUTBOUND_BATCH,
      limit: MAX_OUTBOUND_BATCH,
    });
  const byHold = Map.groupBy(free, ({ held }) => held);
  for (const [held, own] of byHold)
    if (held !== null)
      tx.beforeCommit(
        hold(
          tx,
          scope,
          podId,
          own.map(({ id }) => id),
          held,
        ),
      );
  return { free: byHold.get(null) ?? [], isWindowFull };
}

/** As many as one batch takes, and as there is room for at their domains. */
function choose(free: readonly DueDelivery[], roomFor: (domain: string) => number): DueDelivery[] {
  const taken = new Map<string, number>();
  const fitting = free.filter(({ domain }) => {
    const count = taken.get(domain) ?? 0;
    if (count >= roomFor(domain)) return false;
    taken.set(domain, count + 1);
    return true;
  });
  const sizes = fitting.map(({ sizeBytes }) => sizeBytes);
  return fitting.slice(0, prefixWithin(sizes, MAX_OUTBOUND_BATCH, MAX_OUTBOUND_BATCH_BYTES));
}

interface GiveBack {
  readonly podId: string;
  readonly leases: readonly {
    readonly id: string;
    readonly attempt: number;
    readonly detail: string | null;
  }[];
  readonly waitMs: number;
}

/** Gives leases back for which nothing was tried. */
export const giveBackOutbound = operation({
  name: "outbound.give_back",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run({ tx, scope }, { podId, leases, waitMs }: GiveBack): Promise<void> {
    tx.beforeCommit(giveBack(tx, scope, podId, leases, waitMs));
  },
});
