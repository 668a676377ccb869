/** What a consumer does with its token: it fetches events, and commits how far it is. */
import { findSuspendedPods } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { suspended } from "../../door/suspended.ts";
import { field, says } from "../../door/text.ts";
import {
  MAX_POLLED_EVENTS,
  MAX_POLLING_CONSUMERS,
  MAX_POLLING_LEASE_MS,
  NUMBERED_AT_ONCE,
  SKIPPED_AT_ONCE,
} from "../limits.ts";
import {
  countConsumers,
  findConsumer,
  listNumbered,
  lockPolling,
  type NumberedEvent,
  numberEvents,
  saveConsumer,
} from "./consumer-store.ts";

export interface ConsumerOf {
  readonly webhookId: string;
  readonly consumerId: string;
}

export interface ReceiveEvents extends ConsumerOf {
  readonly limit: number;
  readonly leaseDurationMs: number;
  /** Where a new consumer begins: one of STARTING_POSITIONS. */
  readonly startingPosition: string;
}

const STARTING_POSITIONS: readonly string[] = ["earliest", "latest"];

export interface Handed {
  readonly events: readonly NumberedEvent[];
  /** Nothing further waits. */
  readonly isAll: boolean;
}

/**
 * Hands out the next events, and leases them: until the lease is over the same consumer is given those behind them, and then these again unless they were
 * committed. A new one that begins with the latest is given none, and to come again, until those before are skipped.
 */
export const receiveEvents = operation({
  name: "polling_webhook.receive",
  needs: "system",
  on: "any",
  kind: "upkeep",
  check(input: ReceiveEvents) {
    checkConsumer(input);
    if (input.limit < 1 || input.limit > MAX_POLLED_EVENTS)
      throw invalid(["limit"], says`${field("limit")} must be from 1 to ${MAX_POLLED_EVENTS}`);
    if (input.leaseDurationMs < 1 || input.leaseDurationMs > MAX_POLLING_LEASE_MS)
      throw invalid(
        ["leaseDurationMs"],
        says`${field("leaseDurationMs")} must be from 1 to ${MAX_POLLING_LEASE_MS}`,
      );
    if (!STARTING_POSITIONS.includes(input.startingPosition))
      throw invalid(
        ["startingPosition"],
        says`${field("startingPosition")} must be ${STARTING_POSITIONS.join(" or ")}`,
      );
    return input;
  },
  async run(context, { webhookId, consumerId, limit, leaseDurationMs, startingPosition }): Promise<Handed> {
    const { tx, scope } = context;
    const last = await requireOpen(context, webhookId);
    const consumer = await findConsumer(tx, scope, webhookId, consumerId);
    if (consumer === null) await requireRoom(context, webhookId);
    const skipsAll = consumer === null && startingPosition === "latest";
    const most = skipsAll ? SKIPPED_AT_ONCE : NUMBERED_AT_ONCE;
    const reached = await numberEvents(tx, scope, { id: webhookId, last, limit: most });
    if (skipsAll && reached - last === most) return { events: [], isAll: false };
    const committed = consumer?.committed ?? (skipsAll ? reached : 0);
    const after = consumer?.isLeased === true ? Math.max(committed, consumer.leasedTo) : committed;
    const found = await listNumbered(tx, scope, { id: webhookId, after, limit: limit + 1 });
    const events = found.slice(0, limit);
    const leasedTo = events.at(-1)?.position ?? after;
    await saveConsumer(tx, scope, { webhookId, consumerId }, { committed, leasedTo, leaseDurationMs });
    return { events, isAll: found.length <= limit };
  },
});

/** Gives back what was leased behind `leasedTo`: it did not fit into an answer. */
export const shortenLease = operation({
  name: "polling_webhook.shorten_lease",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run(
    context,
    { webhookId, consumerId, leasedTo }: ConsumerOf & { readonly leasedTo: number },
  ): Promise<void> {
    const { tx, scope } = context;
    await requireOpen(context, webhookId);
    const consumer = await findConsumer(tx, scope, webhookId, consumerId);
    if (consumer === null || consumer.leasedTo < leasedTo) return;
    const { committed } = consumer;
    await saveConsumer(tx, scope, { webhookId, consumerId }, { committed, leasedTo, leaseDurationMs: null });
  },
});

/** Everything up to an offset is done: it does not come again. One that is behind what is done changes nothing. */
export const commitOffset = operation({
  name: "polling_webhook.commit",
  needs: "system",
  on: "any",
  kind: "upkeep",
  check(input: ConsumerOf & { readonly offset: number }) {
    checkConsumer(input);
    return input;
  },
  async run(context, { webhookId, consumerId, offset }): Promise<void> {
    const { tx, scope } = context;
    const last = await requireOpen(context, webhookId);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > last)
      throw invalid(["offset"], says`${field("offset")} must be one that was received`);
    const consumer = await findConsumer(tx, scope, webhookId, consumerId);
    if (consumer === null) await requireRoom(context, webhookId);
    const committed = Math.max(consumer?.committed ?? 0, offset);
    const leasedTo = Math.max(consumer?.leasedTo ?? 0, committed);
    await saveConsumer(tx, scope, { webhookId, consumerId }, { committed, leasedTo, leaseDurationMs: null });
  },
});

function checkConsumer({ consumerId }: ConsumerOf): void {
  if (!/^[A-Za-z0-9\-_.:~]{1,256}$/.test(consumerId))
    throw invalid(
      ["consumerId"],
      says`${field("consumerId")} has 1 to 256 of the characters A-Z a-z 0-9 - _ . : ~`,
    );
}

/** @returns the number given out last @throws Failure object.not_found, pod.suspended */
async function requireOpen({ tx, scope }: Context, webhookId: string): Promise<number> {
  if (scope.podId !== null && (await findSuspendedPods(tx, scope, [scope.podId])).size > 0) throw suspended();
  const last = await lockPolling(tx, scope, webhookId);
  if (last === null) throw fail("object.not_found", { message: "Polling webhook not found" });
  return last;
}

async function requireRoom({ tx, scope }: Context, webhookId: string): Promise<void> {
  if ((await countConsumers(tx, scope, webhookId)) >= MAX_POLLING_CONSUMERS)
    throw fail("limit.exceeded", {
      message: "Too many consumers of one polling webhook",
      hint: "Use the names of consumers that are there, or delete the polling webhook.",
      limit: { resource: "consumer", count: MAX_POLLING_CONSUMERS },
    });
}
