/** The listener of inbound SMTP (RFC 5321): admits sessions and shuts them down gracefully. Mail transactions are in inbound.ts. */
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Receiver } from "../../domain/transit/arrivals/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Certificate } from "../../protocols/x509/self-signed.ts";
import { createInbound, type Inbound } from "./inbound.ts";
import {
  MAX_SMTP_COMMAND_BYTES,
  MAX_SMTP_PER_ADDRESS,
  MAX_SMTP_RECIPIENTS,
  SMTP_DRAIN_MS,
  SMTP_IDLE_MS,
} from "./limits.ts";
import { SessionServer } from "./session.ts";
import { createSessionLimits } from "./session-limits.ts";

export interface SmtpParts {
  readonly receiver: Receiver;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly hostname: string;
  readonly maxMessageBytes: number;
  /** Sessions at once; further ones are refused with 421. */
  readonly maxConnections: number;
  /** Sessions at once of one network; MAX_SMTP_PER_ADDRESS when absent. */
  readonly maxPerAddress?: number;
  /** Idle timeout of a session, milliseconds; SMTP_IDLE_MS when absent. */
  readonly idleMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly certificate: Certificate;
}

export interface SmtpListener {
  /** @throws when it cannot listen there */
  start(): Promise<{ readonly port: number }>;
  /** Stops accepting and ends idle sessions with 421; a message in transfer gets its reply, within SMTP_DRAIN_MS. */
  stop(): Promise<void>;
}

/** Commands of the library that an inbound MX does not offer: there is no authentication and no trusted proxy. */
const DISABLED = ["AUTH", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];

export function createSmtpServer(parts: SmtpParts): SmtpListener {
  let stopping = false;
  const inbound: Inbound = createInbound({
    ...parts,
    onReplied: () => {
      if (stopping) server.endAll(inbound.isReceiving);
    },
    end: (sessionId, text) => server.end(sessionId, text),
  });
  const server = openServer(parts, inbound);
  return {
    start: () =>
      new Promise((resolve, reject) => {
        // The library emits errors of the listener and of sessions alike: before it listens there are no sessions.
        server.once("error", reject);
        server.listen(parts.port, parts.host, () => {
          server.off("error", reject);
          // A client that disconnects or fails the TLS handshake affects only its own session.
          server.on("error", (error) => parts.log.warn({ error }, "smtp session ended with an error"));
          // A listening TCP server has an address with a port.
          resolve({ port: (server.server.address() as AddressInfo).port });
        });
      }),
    async stop() {
      stopping = true;
      const late = pause(SMTP_DRAIN_MS, undefined, { ref: false });
      const closed = new Promise<void>((resolve) => server.close(resolve));
      server.endAll(inbound.isReceiving);
      await closed;
      // A client that disconnected may have left a message that is being committed.
      await Promise.race([inbound.settled(), late]);
    },
  };
}

function openServer(parts: SmtpParts, inbound: Inbound): SessionServer {
  const limits = createSessionLimits(parts.maxConnections, parts.maxPerAddress ?? MAX_SMTP_PER_ADDRESS);
  const options = {
    name: parts.hostname,
    banner: "Rookery",
    key: parts.certificate.key,
    cert: parts.certificate.cert,
    size: parts.maxMessageBytes,
    rejectOversized: true,
    maxRecipients: MAX_SMTP_RECIPIENTS,
    maxCommandLength: MAX_SMTP_COMMAND_BYTES,
    disabledCommands: DISABLED,
    hideENHANCEDSTATUSCODES: false,
    // A DNS query per connection, for a name that nothing here uses.
    disableReverseLookup: true,
    logger: false,
    socketTimeout: parts.idleMs ?? SMTP_IDLE_MS,
    closeTimeout: SMTP_DRAIN_MS,
    ...inbound.handlers,
  };
  return new SessionServer(options, limits);
}
