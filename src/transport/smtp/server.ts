/** The listener of inbound SMTP (RFC 5321): admits sessions and shuts them down gracefully. Mail transactions are in inbound.ts. */
import type { AddressInfo } from "node:net";
import { setTimeout as timeout } from "node:timers/promises";
import type { Receiver } from "../../domain/transit/arrivals/index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { createPacing } from "../../lib/pacing.ts";
import { networkList } from "../../protocols/address/network.ts";
import type { Certificate } from "../../protocols/x509/self-signed.ts";
import { createInbound, type Inbound } from "./inbound.ts";
import {
  MAX_SMTP_COMMAND_BYTES,
  MAX_SMTP_PER_NETWORK,
  MAX_SMTP_RECIPIENTS,
  SMTP_DRAIN_MS,
  SMTP_IDLE_MS,
  SMTP_PACED_NETWORKS,
  SMTP_WRONG_RECIPIENT_BURST,
  SMTP_WRONG_RECIPIENT_PAUSE_MS,
  SMTP_WRONG_RECIPIENTS_PER_SECOND,
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
  /** Bytes of unfinished mail, over all sessions; more is refused with 451. */
  readonly maxBufferedBytes: number;
  /** Sessions at once; further ones are refused with 421. */
  readonly maxConnections: number;
  /** Sessions at once of one network; MAX_SMTP_PER_NETWORK when absent. */
  readonly maxPerNetwork?: number;
  /** Idle timeout of a session, milliseconds; SMTP_IDLE_MS when absent. */
  readonly idleMs?: number;
  /** As in InboundParts and SessionParts; tests have theirs. */
  readonly dataWindowMs?: number;
  readonly evictionIdleMs?: number;
  readonly pause?: (ms: number) => Promise<void>;
  /** Networks of proxies, whose connections begin with a PROXY protocol header. */
  readonly proxies: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly certificate: Certificate;
}

const pause = (ms: number): Promise<void> => timeout(ms, undefined, { ref: false });

export interface SmtpListener {
  /** @throws when it cannot listen there */
  start(): Promise<{ readonly port: number }>;
  /** Stops accepting and ends idle sessions with 421; a message in transfer gets its reply, within SMTP_DRAIN_MS. */
  stop(): Promise<void>;
}

/** Commands of the library that an inbound MX does not offer: there is no authentication and no trusted proxy. */
const DISABLED = ["AUTH", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];

const wrongRecipients = {
  burst: SMTP_WRONG_RECIPIENT_BURST,
  perSecond: SMTP_WRONG_RECIPIENTS_PER_SECOND,
  maxPauseMs: SMTP_WRONG_RECIPIENT_PAUSE_MS,
  maxKeys: SMTP_PACED_NETWORKS,
};

export function createSmtpServer(parts: SmtpParts): SmtpListener {
  let stopping = false;
  const inbound: Inbound = createInbound({
    pause,
    ...parts,
    wrongRecipients: createPacing(wrongRecipients, () => parts.clock.monotonicMs()),
    writeReplies: (sessionId) => server.writeReplies(sessionId),
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
      const late = pause(SMTP_DRAIN_MS);
      const closed = new Promise<void>((resolve) => server.close(resolve));
      server.endAll(inbound.isReceiving);
      await closed;
      // A client that disconnected may have left a message that is being committed.
      await Promise.race([inbound.settled(), late]);
    },
  };
}

function openServer(parts: SmtpParts, inbound: Inbound): SessionServer {
  const limits = createSessionLimits(parts.maxConnections, parts.maxPerNetwork ?? MAX_SMTP_PER_NETWORK);
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
  return new SessionServer(options, {
    ...parts,
    limits,
    monotonicMs: () => parts.clock.monotonicMs(),
    isProxy: networkList(parts.proxies),
  });
}
