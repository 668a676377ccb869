/** An SMTP listener in front of a receiver in memory: for tests of the protocol, without a database. */
import type { Receiver } from "../../src/domain/transit/arrivals/index.ts";
import { canonicalAddress } from "../../src/protocols/address/index.ts";
import { makeSelfSigned } from "../../src/protocols/x509/self-signed.ts";
import { MAX_SMTP_BUFFERED_BYTES } from "../../src/transport/smtp/limits.ts";
import { createSmtpServer, type SmtpParts } from "../../src/transport/smtp/server.ts";
import { createKnownSenders, createMailBudget } from "../../src/transport/smtp/transfers.ts";
import { openLoopTurns } from "./loop-turns.ts";
import { hardlyLimited } from "./mail-limits.ts";

export interface StoredMail {
  readonly from: string;
  /** Addresses as they were written. */
  readonly to: readonly string[];
  /** Names of the inboxes, in the order they were named. */
  readonly inboxes: readonly string[];
  /** One character a byte. */
  readonly raw: string;
  readonly trace: string;
}

export interface ListenerOptions
  extends Partial<
    Pick<
      SmtpParts,
      | "port"
      | "maxMessageBytes"
      | "maxConnections"
      | "maxPerNetwork"
      | "idleMs"
      | "dataWindowMs"
      | "evictionIdleMs"
      | "clock"
      | "handshakeMs"
      | "pause"
      | "proxies"
      | "returns"
      | "turns"
    >
  > {
  /** Called before a mail is stored; may throw, or keep the client waiting. */
  readonly beforeStoring?: () => Promise<void>;
  /** Called before an address is resolved; may throw, or keep the client waiting. */
  readonly beforeResolving?: () => void | Promise<void>;
}

export interface TestListener {
  readonly port: number;
  readonly certificate: string;
  readonly stored: StoredMail[];
  /** Messages of the log at level error. */
  readonly errors: string[];
  stop(): Promise<void>;
}

/** The inboxes: address without plus-tag. */
const INBOXES = ["desk", "sales", "postmaster", "d\u00e9sk"];
const DOMAINS = ["rookery.test", "xn--mller-kva.test"];

function inboxOf(address: string): string | null {
  const [local = "", domain = ""] = canonicalAddress(address).split("@");
  const name = local.split("+")[0] ?? "";
  return INBOXES.includes(name) && DOMAINS.includes(domain) ? `${name}@${domain}` : null;
}

function memoryReceiver(stored: StoredMail[], options: ListenerOptions): Receiver {
  return {
    async resolve(address) {
      await options.beforeResolving?.();
      const name = inboxOf(address);
      if (name === null) return null;
      const inbox = {
        id: name,
        podId: "p",
        organizationId: "o",
        address: name,
        displayName: null,
        pausedBy: null,
        isSuspended: false,
        isUnverified: false,
        guardrails: { version: "0.0", policyId: null, hasRules: false },
        isMoving: false,
      };
      return { inbox, limits: hardlyLimited, address, name };
    },
    async receive({ raw, trace, recipients, envelopeFrom }) {
      await options.beforeStoring?.();
      stored.push({
        from: envelopeFrom,
        to: recipients.map(({ address }) => address),
        inboxes: recipients.map(({ inbox }) => inbox.id),
        raw: Buffer.from(raw).toString("latin1"),
        trace,
      });
      return { stored: new Set(recipients.map(({ inbox }) => inbox.id)), refused: new Map() };
    },
    admit: async (recipient) => recipient,
  };
}

export async function startListener(options: ListenerOptions = {}): Promise<TestListener> {
  const stored: StoredMail[] = [];
  const errors: string[] = [];
  const certificate = await makeSelfSigned("mx.rookery.test", new Date());
  // Time does not pass, so that nothing depends on how slow the machine is.
  const { clock = { now: () => new Date("2026-03-04T05:06:07Z"), monotonicMs: () => 0 } } = options;
  const known = createKnownSenders(() => clock.monotonicMs());
  const server = createSmtpServer({
    receiver: memoryReceiver(stored, options),
    returns: {
      deliveryOf: () => null,
      take: async () => ({ isReport: false, address: null }),
      takeComplaint: async () => undefined,
    },
    host: "127.0.0.1",
    port: 0,
    hostname: "mx.rookery.test",
    maxMessageBytes: 100_000,
    budget: createMailBudget(MAX_SMTP_BUFFERED_BYTES, known),
    known,
    maxConnections: 100,
    clock,
    turns: openLoopTurns(),
    log: { info: () => undefined, warn: () => undefined, error: (_fields, text) => void errors.push(text) },
    certificate,
    proxies: [],
    pause: async () => undefined,
    ...options,
  });
  const { port } = await server.start();
  return { port, certificate: certificate.cert, stored, errors, stop: () => server.stop() };
}
