/** The worker of mail for other servers, for tests that wait for what it does. */
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { TurnTaking } from "../../src/lib/turn-taking.ts";
import { createOutboundSending, type OutboundLimits } from "../../src/workers/outbound/send-outbound.ts";
import type { Carrier } from "../../src/workers/outbound/transport.ts";
import type { TestDoor } from "./test-door.ts";

export const unlimited: OutboundLimits = {
  connections: 100,
  destinationPerMinute: null,
  podPerMinute: null,
  warmUp: null,
};

/** @param carrier null: what is queued is captured */
export function outboundOf(
  t: TestDoor,
  carrier: Carrier | null,
  { limits = unlimited, clock = systemClock }: { limits?: OutboundLimits; clock?: Clock } = {},
): TurnTaking {
  const warn = (reason: string, error: unknown): never => {
    throw new Error(reason, { cause: error });
  };
  return createOutboundSending({ door: t.door, database: t.database, warn, clock, carrier, limits });
}

/** Captures what the pod has queued for other servers. */
export async function capture(t: TestDoor, podId: string): Promise<void> {
  const outbound = outboundOf(t, null);
  outbound.wake(podId);
  await outbound.stop();
}
