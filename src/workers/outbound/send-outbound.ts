/** Hands the queued mail for other servers to them, pods in turn, as long as there is any. See docs/decisions/0038-outbound-queue.md. */
import { systemActor } from "../../domain/door/access/index.ts";
import {
  captureOutbound,
  renewOutbound,
  type TakenDeliveries,
  takeOutbound,
} from "../../domain/transit/outbound/index.ts";
import type { Clock } from "../../lib/clock.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import { createTurnTaking, type TurnTaking } from "../../lib/turn-taking.ts";
import { LEASE_RENEWAL_MS, OUTBOUND_DRAIN_MS, PODS_SENT } from "../limits.ts";
import { type Batches, createBatches } from "./batch.ts";
import { createOutages } from "./outages.ts";
import { createPermits, type PermitLimits } from "./permits.ts";
import { createRecorder, type RecorderParts } from "./recorder.ts";
import type { Carrier } from "./transport.ts";

export interface OutboundLimits extends Omit<PermitLimits, "perDestination"> {
  /** Messages that a sender's domain may send on its first day; null: any number. */
  readonly warmUp: number | null;
}

export interface SendOutboundParts extends RecorderParts {
  readonly clock: Clock;
  /** Null: nothing leaves (`ROOKERY_OUTBOUND=capture`); what is queued is kept here, and says so. */
  readonly carrier: Carrier | null;
  readonly limits: OutboundLimits;
}

const PART = "outbound delivery";

/** @returns to be woken with the id of a pod (UUID) that may have mail for other servers */
export function createOutboundSending(parts: SendOutboundParts): TurnTaking {
  return parts.carrier === null ? capturing(parts) : sending(parts, parts.carrier);
}

/** What takes the next of a pod. */
type Take = Omit<Parameters<typeof takeOutbound.prepare>[0], "podId">;

async function takeFor(
  { door, database }: SendOutboundParts,
  podId: string,
  take: Take,
): Promise<TakenDeliveries> {
  const actor = await systemActor(database, PART, { podId });
  return actor === null
    ? { taken: [], hasMore: false }
    : door.run(takeOutbound, actor, {}, { ...take, podId });
}

function capturing({ door, database, warn, onRecorded }: SendOutboundParts): TurnTaking {
  return createTurnTaking({
    places: PODS_SENT,
    async turn(podId) {
      const actor = await systemActor(database, PART, { podId });
      if (actor === null) return false;
      const { states, hasMore } = await door.run(captureOutbound, actor, {}, { podId });
      for (const state of states) onRecorded?.(state);
      return hasMore;
    },
    onFailure: (error) => warn("capturing a pod's mail failed; it is tried again", error),
  });
}

function sending(parts: SendOutboundParts, carrier: Carrier): TurnTaking {
  const { clock, warn, limits } = parts;
  const monotonicMs = () => clock.monotonicMs();
  const permits = createPermits({ ...limits, perDestination: carrier.perDestination }, monotonicMs);
  const outages = createOutages(monotonicMs);
  const recorder = createRecorder(parts);
  const batches = createBatches({
    ...parts,
    carrier,
    permits,
    outages,
    recorder,
    onFree: (podIds) => {
      for (const podId of podIds) turns.wake(podId);
    },
  });
  /** By pod: the domain behind which the look past full ones begins. */
  const after = new Map<string, string>();
  const isOut = (destination: string): boolean => carrier.isSmarthost && outages.of(destination) !== null;
  const turn = async (podId: string): Promise<boolean> => {
    const { taken, hasMore } = await takeFor(parts, podId, {
      withBytes: true,
      roomFor: (domain) => {
        const destination = carrier.destinationOf(domain);
        return isOut(destination) ? 0 : permits.roomFor(podId, destination);
      },
      full: permits.full(podId),
      after: after.get(podId) ?? "",
      warmUp: limits.warmUp,
    });
    if (taken.length === 0) {
      after.delete(podId);
      if (hasMore) batches.wait(podId);
      return false;
    }
    after.set(podId, taken.at(-1)?.domain ?? "");
    await batches.run(podId, taken);
    return hasMore;
  };
  const turns = createTurnTaking({
    places: PODS_SENT,
    turn,
    onFailure: (error) => warn("sending a pod's mail to other servers failed; it is tried again", error),
  });
  const stopRenewing = renewing(parts, batches);
  return {
    wake: turns.wake,
    async stop() {
      batches.stop();
      await turns.stop();
      await settlesWithin(OUTBOUND_DRAIN_MS, batches.ended());
      carrier.close();
      await settlesWithin(OUTBOUND_DRAIN_MS, batches.ended());
      stopRenewing();
      await recorder.stop();
    },
  };
}

/** Prolongs the leases of what is under way. @returns what ends it */
function renewing({ database, warn }: SendOutboundParts, batches: Batches): () => void {
  const timer = setInterval(() => {
    const leases = batches.leases();
    if (leases.length > 0)
      renewOutbound(database, leases).catch((error: unknown) =>
        warn("leases of outgoing mail were not prolonged", error),
      );
  }, LEASE_RENEWAL_MS);
  return () => clearInterval(timer);
}
