/**
 * Warm-up: what a domain may send to other servers while it is new to them. They take a domain that begins with much mail for a
 * stolen one. Twice as much each day, so that after two weeks nothing is bounded that a start of hundreds a day would be.
 */
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { DueDelivery } from "./queue-store.ts";
import { countWarmUps, lockWarmUps } from "./warm-up-store.ts";

/** Days after which nothing is counted. */
const WARM_UP_DAYS = 14;

/** @returns those of the deliveries that must wait; what the others use up is counted in this transaction */
export async function holdToWarmUp(
  tx: Tx,
  scope: Scope,
  podId: string,
  due: readonly DueDelivery[],
  firstDay: number,
  now: Date,
): Promise<ReadonlySet<string>> {
  const first = due.filter(({ isFirst }) => isFirst);
  const byDomain = Map.groupBy(first, ({ senderDomain }) => senderDomain ?? "");
  // The inbox is gone: what it sent was accepted.
  byDomain.delete("");
  if (byDomain.size === 0) return new Set();
  const known = new Map(
    (await lockWarmUps(tx, scope, podId, [...byDomain.keys()])).map((one) => [one.domain, one]),
  );
  const held: string[] = [];
  const granted = new Map<string, number>();
  for (const [domain, own] of byDomain) {
    const { days, sentToday } = known.get(domain) ?? { days: 0, sentToday: 0 };
    if (days > WARM_UP_DAYS) continue;
    const room = Math.max(0, firstDay * 2 ** days - sentToday);
    held.push(...own.slice(room).map(({ id }) => id));
    if (Math.min(room, own.length) > 0) granted.set(domain, Math.min(room, own.length));
  }
  tx.beforeCommit(countWarmUps(tx, scope, podId, granted, now));
  return new Set(held);
}
