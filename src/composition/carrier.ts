/** The way that mail for other servers takes, by the settings. */
import { createValidatedLookUp } from "../egress/dns/validated-look-up.ts";
import { createGuardedClient } from "../egress/http/guarded-request.ts";
import { createSmtpClient, type SmtpClient } from "../egress/smtp/client.ts";
import { machineAddresses } from "../egress/smtp/host-addresses.ts";
import { createStsPolicies } from "../egress/smtp/sts-policies.ts";
import type { OutboundConfig } from "../outbound-settings.ts";
import { VERSION } from "../version.ts";
import { RELAY_CONNECTIONS } from "../workers/limits.ts";
import type { OutboundLimits } from "../workers/outbound/send-outbound.ts";
import type { Carrier } from "../workers/outbound/transport.ts";
import type { Core } from "./core.ts";

/** What the way out is made of. */
export type CarrierParts = Pick<Core, "config" | "resolve" | "lookUp" | "clock"> & {
  readonly installation: Pick<Core["installation"], "mailHost">;
};

export const outboundLimitsOf = (config: OutboundConfig): OutboundLimits => ({
  connections: config.connections,
  destinationPerMinute: config.domainPerMinute,
  podPerMinute: config.podPerMinute,
  warmUp: config.warmUp,
});

/** @returns null when nothing leaves */
export function carrierOf(core: CarrierParts): Carrier | null {
  const { outbound } = core.config;
  if (outbound.way === "capture") return null;
  const { client, close } = outgoingSmtp(core);
  const isSmarthost = outbound.way === "relay";
  return {
    send: (mail) => client.deliver(mail),
    destinationOf: (domain) => (isSmarthost ? (outbound.relay?.host ?? "") : domain.toLowerCase()),
    perDestination: isSmarthost ? RELAY_CONNECTIONS : outbound.perDomain,
    isSmarthost,
    close,
  };
}

function outgoingSmtp({ config, installation, resolve, lookUp, clock }: CarrierParts): {
  readonly client: SmtpClient;
  readonly close: () => void;
} {
  const { allowPrivateTargets: allowPrivate, outbound } = config;
  const { mailHost } = installation;
  const policyClient = createGuardedClient({ allowPrivate, resolve }, 0);
  const client = createSmtpClient({
    ...{
      allowPrivate,
      resolve,
      lookUp,
      clock,
      relay: outbound.relay,
      port: outbound.port,
      ehloName: mailHost,
    },
    policies: createStsPolicies({ client: policyClient, lookUp, clock, userAgent: `Rookery/${VERSION}` }),
    validated: outbound.dane ? createValidatedLookUp({ servers: config.dnsServers, clock }) : null,
    isOurs: (name) => name === mailHost,
    ownAddresses: machineAddresses(() => clock.monotonicMs()),
    random: Math.random,
  });
  const close = (): void => {
    client.close();
    policyClient.close();
  };
  return { client, close };
}
