/** Settings of mail for other servers: which way it takes, and at what pace. */
import { z } from "zod";
import { whole } from "./setting-schemas.ts";

const WAYS = ["capture", "relay", "direct"] as const;
export type OutboundWay = (typeof WAYS)[number];

const RELAY_URL =
  "it takes a URL like smtp://user:password@host:587, or smtps:// for TLS from the start, without path and query";

/** A smarthost. */
export interface RelayServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet (RFC 8314 section 3.3), not by STARTTLS. */
  readonly isImplicitTls: boolean;
  /** Null: it is not asked who we are. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
}

/** Submission (RFC 6409), and submissions (RFC 8314). */
const PORTS: Readonly<Record<string, number>> = { "smtp:": 587, "smtps:": 465 };

function readRelayUrl(text: string, context: z.RefinementCtx): RelayServer {
  const url = URL.canParse(text) ? new URL(text) : null;
  const port = url === null ? undefined : PORTS[url.protocol];
  const isPlain = url !== null && /^\/?$/.test(url.pathname) && `${url.search}${url.hash}` === "";
  const isWhole = url !== null && (url.username === "") === (url.password === "");
  if (url === null || port === undefined || url.hostname === "" || !isPlain || !isWhole) {
    const says = url !== null && !isWhole ? "it takes user and password, or neither" : RELAY_URL;
    context.addIssue({ code: "custom", message: says, input: text });
    return z.NEVER;
  }
  const decoded = [url.username, url.password].map(percentDecoded);
  const [user, password] = decoded;
  if (user === null || user === undefined || password === null || password === undefined) {
    context.addIssue({ code: "custom", message: "its user or password is not percent-encoded", input: text });
    return z.NEVER;
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? port : Number(url.port),
    isImplicitTls: url.protocol === "smtps:",
    credentials: user === "" ? null : { user, password },
  };
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** The most that one process is good for: each connection is a socket, a TLS session and a message in memory. */
const MOST_CONNECTIONS = 1000;
const MOST_PER_MINUTE = 1_000_000;

const perMinute = whole(
  0,
  MOST_PER_MINUTE,
  0,
  `it takes messages a minute, 1 to ${MOST_PER_MINUTE}; 0 for any number`,
);

export const outboundSettings = {
  ROOKERY_OUTBOUND: {
    takes: z.enum(WAYS, `it takes ${WAYS.join(", ").replace(/, (?=\w+$)/, " or ")}`).prefault("capture"),
    doc: "Mail to other servers. capture: it is kept here and not sent. relay: it is handed to ROOKERY_RELAY_URL. direct: to the servers that MX records name. What was captured stays so.",
  },
  ROOKERY_RELAY_URL: {
    takes: z.string().transform(readRelayUrl).optional(),
    doc: "Smarthost for ROOKERY_OUTBOUND=relay: smtp://user:password@host:587, where a password is sent under STARTTLS only, or smtps://.",
    secret: "password",
  },
  ROOKERY_OUTBOUND_PORT: {
    takes: whole(1, 65_535, 25, "it takes a port, 1 to 65535"),
    doc: "Port of other servers with ROOKERY_OUTBOUND=direct. Another than 25 is for closed networks and tests.",
  },
  ROOKERY_OUTBOUND_CONNECTIONS: {
    takes: whole(1, MOST_CONNECTIONS, 100, `it takes a whole number, 1 to ${MOST_CONNECTIONS}`),
    doc: "Connections to other servers at once in this process; one pod has half at most.",
  },
  ROOKERY_OUTBOUND_DOMAIN_CONNECTIONS: {
    takes: whole(1, MOST_CONNECTIONS, 10, `it takes a whole number, 1 to ${MOST_CONNECTIONS}`),
    doc: "Of those, to the servers of one domain; one pod has half at most. For a smarthost as many as it has.",
  },
  ROOKERY_OUTBOUND_DOMAIN_PER_MINUTE: {
    takes: perMinute,
    doc: "Messages a minute to one domain of recipients, or to the smarthost, from this process; 0: any number.",
  },
  ROOKERY_OUTBOUND_POD_PER_MINUTE: {
    takes: perMinute,
    doc: "Messages a minute of one pod to other servers, from this process; 0: any number.",
  },
  ROOKERY_OUTBOUND_WARM_UP: {
    takes: whole(0, MOST_PER_MINUTE, 1000, `it takes messages, 1 to ${MOST_PER_MINUTE}; 0 for any number`),
    doc: "With ROOKERY_OUTBOUND=direct: messages that a pod may send to other servers from a domain on its first day, twice as many each day after, for two weeks; what is more waits. 0: any number. New recipients are bounded by ROOKERY_LIMIT_NEW_RECIPIENTS_PER_DAY.",
  },
  ROOKERY_DANE: {
    takes: z.enum(["0", "1"], "it takes 0 or 1").prefault("0"),
    doc: "1: with ROOKERY_OUTBOUND=direct, hosts whose TLSA records are signed get mail only under the TLS that those demand (RFC 7672). For name servers (ROOKERY_DNS_SERVERS) that validate DNSSEC and that nobody can answer for, such as an unbound on this machine: their AD bit is believed.",
  },
  ROOKERY_THREAD_SENDS_PER_HOUR: {
    takes: whole(1, MOST_PER_MINUTE, 30, `it takes messages, 1 to ${MOST_PER_MINUTE}`),
    doc: "Replies and forwards that one inbox may send in one thread any hour, so that two programs that answer each other end. 30 is one every two minutes: more than people write, and what a loop has done within minutes.",
  },
} as const;

type Values = {
  readonly [Key in keyof typeof outboundSettings]: z.output<(typeof outboundSettings)[Key]["takes"]>;
};

/** Where mail for other servers goes. */
export interface OutboundConfig {
  readonly way: OutboundWay;
  /** Null unless the way is `relay`. */
  readonly relay: RelayServer | null;
  /** Of servers that MX records name. */
  readonly port: number;
  readonly connections: number;
  readonly perDomain: number;
  /** Null: any number. */
  readonly domainPerMinute: number | null;
  readonly podPerMinute: number | null;
  readonly warmUp: number | null;
  /** Name servers validate, behind a trusted path. */
  readonly dane: boolean;
  /** Of one inbox in one thread. */
  readonly threadSendsPerHour: number;
}

const unlessNone = (count: number): number | null => (count === 0 ? null : count);

export const outboundOf = (values: Values): OutboundConfig => ({
  way: values.ROOKERY_OUTBOUND,
  relay: values.ROOKERY_OUTBOUND === "relay" ? (values.ROOKERY_RELAY_URL ?? null) : null,
  port: values.ROOKERY_OUTBOUND_PORT,
  connections: values.ROOKERY_OUTBOUND_CONNECTIONS,
  perDomain: values.ROOKERY_OUTBOUND_DOMAIN_CONNECTIONS,
  domainPerMinute: unlessNone(values.ROOKERY_OUTBOUND_DOMAIN_PER_MINUTE),
  podPerMinute: unlessNone(values.ROOKERY_OUTBOUND_POD_PER_MINUTE),
  warmUp: values.ROOKERY_OUTBOUND === "direct" ? unlessNone(values.ROOKERY_OUTBOUND_WARM_UP) : null,
  dane: values.ROOKERY_OUTBOUND === "direct" && values.ROOKERY_DANE === "1",
  threadSendsPerHour: values.ROOKERY_THREAD_SENDS_PER_HOUR,
});

/** What contradicts each other in them. */
export function outboundConflicts({ ROOKERY_OUTBOUND: way, ROOKERY_RELAY_URL: relay }: Values): string[] {
  if (way === "relay" && relay === undefined)
    return ["ROOKERY_RELAY_URL is absent: with ROOKERY_OUTBOUND=relay it takes the URL of the smarthost"];
  if (way !== "relay" && relay !== undefined)
    return [`ROOKERY_OUTBOUND is "${way}": with ROOKERY_RELAY_URL it takes relay`];
  return [];
}
