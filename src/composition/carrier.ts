/** The way that mail for other servers takes, by the settings. */
import type { OutboundConfig } from "../outbound-settings.ts";
import type { OutboundLimits } from "../workers/outbound/send-outbound.ts";
import type { Carrier } from "../workers/outbound/transport.ts";
import type { Core } from "./core.ts";

export const outboundLimitsOf = (config: OutboundConfig): OutboundLimits => ({
  connections: config.connections,
  destinationPerMinute: config.domainPerMinute,
  podPerMinute: config.podPerMinute,
  warmUp: config.warmUp,
});

/** @returns null when nothing leaves */
export function carrierOf({ config: { outbound } }: Core): Carrier | null {
  if (outbound.way === "capture") return null;
  throw new Error(`ROOKERY_OUTBOUND=${outbound.way} is not built`);
}
