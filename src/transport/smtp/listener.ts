/** What listens for SMTP, of other servers and of clients that submit: admits sessions and shuts them down gracefully. */
import type { AddressInfo } from "node:net";
import { setTimeout as timeout } from "node:timers/promises";
import type { SMTPServerOptions } from "smtp-server";
import type { Clock } from "../../lib/clock.ts";
import type { KnownNetworks } from "../../lib/known-networks.ts";
import type { Log } from "../../lib/log.ts";
import type { LoopTurns } from "../../lib/loop-turns.ts";
import { networkList } from "../../protocols/address/network.ts";
import type { Certificate } from "../../protocols/x509/self-signed.ts";
import { createHandshakes } from "./handshakes.ts";
import {
  MAX_SMTP_COMMAND_BYTES,
  MAX_SMTP_PER_NETWORK,
  MAX_SMTP_RECIPIENTS,
  SMTP_DRAIN_MS,
  SMTP_IDLE_MS,
  SMTP_TLS_GROUPS,
} from "./limits.ts";
import type { ByteBudget } from "./read-message.ts";
import { AUTHENTICATE_FIRST } from "./replies.ts";
import { SessionServer } from "./session.ts";
import { createSessionLimits } from "./session-limits.ts";
import type { SlowTransfer } from "./transfers.ts";

export interface ListenerParts {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly hostname: string;
  readonly maxMessageBytes: number;
  /** Of unfinished mail; more is refused with 451. */
  readonly budget: ByteBudget;
  /** Networks that have brought mail, which is learnt here. */
  readonly known: KnownNetworks;
  /** Sessions at once; further ones are refused with 421. */
  readonly maxConnections: number;
  /** Sessions at once of one network; MAX_SMTP_PER_NETWORK when absent. */
  readonly maxPerNetwork?: number;
  /** Idle timeout of a session, milliseconds; SMTP_IDLE_MS when absent. */
  readonly idleMs?: number;
  /** As in TransferParts and SessionParts; tests have theirs. */
  readonly dataWindowMs?: number;
  readonly evictionIdleMs?: number;
  readonly handshakeMs?: number;
  readonly pause?: (ms: number) => Promise<void>;
  /** Networks of proxies, whose connections begin with a PROXY protocol header. */
  readonly proxies: readonly string[];
  readonly clock: Clock;
  readonly turns: LoopTurns;
  readonly log: Log;
  readonly certificate: Certificate;
}

/** What a listener does with mail. */
export interface MailService {
  readonly handlers: Pick<SMTPServerOptions, "onAuth" | "onMailFrom" | "onRcptTo" | "onData">;
  /** Whether the session is between DATA and its reply. */
  isReceiving(sessionId: string): boolean;
  /** Messages that come slowly, the slowest first. */
  slow(): readonly SlowTransfer[];
  /** Resolves when every message under way was stored or refused. */
  settled(): Promise<void>;
}

/** What a service may do with the listener's sessions. */
export interface Sessions {
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Sends the replies that wait for those behind them in a pipelined group. */
  readonly writeReplies: (sessionId: string) => void;
  /** To be called after the reply to a message was sent. */
  readonly onReplied: () => void;
  /** Ends the session with 421 and this text. */
  readonly end: (sessionId: string, text: string) => void;
}

export interface SmtpListener {
  /** @throws when it cannot listen there */
  start(): Promise<{ readonly port: number }>;
  /** Stops accepting and ends idle sessions with 421; a message in transfer gets its reply, within SMTP_DRAIN_MS. */
  stop(): Promise<void>;
}

export interface ListenerKind {
  /** Whether clients must sign in (RFC 4954) before they send. */
  readonly authenticates: boolean;
}

const pause = (ms: number): Promise<void> => timeout(ms, undefined, { ref: false });

export function createListener(
  parts: ListenerParts,
  kind: ListenerKind,
  makeService: (sessions: Sessions) => MailService,
): SmtpListener {
  let stopping = false;
  const service = makeService({
    pause: parts.pause ?? pause,
    writeReplies: (sessionId) => server.writeReplies(sessionId),
    onReplied: () => {
      if (stopping) server.endAll(service.isReceiving);
    },
    end: (sessionId, text) => server.end(sessionId, text),
  });
  const server = openServer(parts, kind, service);
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
      server.endAll(service.isReceiving);
      await closed;
      // A client that disconnected may have left a message that is being committed.
      await Promise.race([service.settled(), late]);
    },
  };
}

/** Commands of the library that no server of ours offers. */
const NEVER = ["XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];

function openServer(
  parts: ListenerParts,
  { authenticates }: ListenerKind,
  { handlers, isReceiving, slow }: MailService,
): SessionServer {
  const { maxConnections, maxPerNetwork = MAX_SMTP_PER_NETWORK, known } = parts;
  const limits = createSessionLimits(maxConnections, maxPerNetwork, known);
  const options = {
    name: parts.hostname,
    banner: "Rookery",
    key: parts.certificate.key,
    cert: parts.certificate.cert,
    ecdhCurve: SMTP_TLS_GROUPS,
    size: parts.maxMessageBytes,
    rejectOversized: true,
    maxRecipients: MAX_SMTP_RECIPIENTS,
    maxCommandLength: MAX_SMTP_COMMAND_BYTES,
    // Between servers there is no authentication.
    disabledCommands: authenticates ? NEVER : ["AUTH", ...NEVER],
    authMethods: ["PLAIN", "LOGIN"],
    authRequiredMessage: AUTHENTICATE_FIRST,
    // The session decides: without TLS over loopback alone.
    allowInsecureAuth: true,
    hideENHANCEDSTATUSCODES: false,
    // A DNS query per connection, for a name that nothing here uses.
    disableReverseLookup: true,
    logger: false,
    socketTimeout: parts.idleMs ?? SMTP_IDLE_MS,
    closeTimeout: SMTP_DRAIN_MS,
    ...handlers,
  };
  return new SessionServer(options, {
    ...parts,
    ...{ limits, isReceiving, slow },
    handshake: createHandshakes(parts.turns, maxConnections),
    monotonicMs: () => parts.clock.monotonicMs(),
    isProxy: networkList(parts.proxies),
  });
}
