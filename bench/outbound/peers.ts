/** Other servers: Debian's smtp-sink (of its postfix package) on addresses of the loopback, and a name server that leads each domain to one. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, connect as open, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { startNameServer } from "../../test/support/internet/name-server.ts";
import type { Zone } from "../../test/support/internet/zone.ts";
import { freePort } from "../postfix.ts";

const SINK = "/usr/sbin/smtp-sink";
/** Domains of recipients: more than any profile uses. */
const DOMAINS = 1000;
/** Connections that a sink takes at once. */
const BACKLOG = "1000";
/** One domain in this many is another kind of peer, in profiles that have one. */
export const OTHER_EVERY = 5;
/** Milliseconds of a distant peer's way, there and back. */
export const DISTANT_MS = 100;

/** What every fifth domain's server is, or with `distant` everybody's. */
export type PeerKind = "plain" | "deferring" | "throttled" | "distant";

/** As arguments of smtp-sink: it defers every recipient; it takes a second for the reply to DATA. */
const OTHER: Readonly<Record<Exclude<PeerKind, "plain" | "distant">, readonly string[]>> = {
  deferring: ["-r", "RCPT"],
  throttled: ["-w", "1"],
};

export interface Peers {
  /** For a server that sends to them, with room for all that a bench sends. */
  readonly settings: Readonly<Record<string, string>>;
  /** Addresses of loopback with the port that all share. */
  readonly plain: string;
  readonly other: string;
  close(): void;
}

export const domainName = (index: number): string => `d${index}.bench.test`;

/** It must not run as root: as whom its socket belongs to makes no difference here. */
const sinkAt = (address: string, port: number, flags: readonly string[] = []): ChildProcess =>
  spawn(SINK, ["-u", "nobody", ...flags, `${address}:${port}`, BACKLOG], { stdio: "ignore" });

export async function startPeers(kind: PeerKind): Promise<Peers> {
  const port = await freePort();
  const isDistant = kind === "distant";
  const sinks = [sinkAt(isDistant ? "127.0.0.3" : "127.0.0.1", port)];
  if (kind === "deferring" || kind === "throttled") sinks.push(sinkAt("127.0.0.2", port, OTHER[kind]));
  const way = isDistant ? await longWay("127.0.0.1", "127.0.0.3", port) : null;
  const zone: Zone = { "mx.bench.test": ["127.0.0.1"], "other.bench.test": ["127.0.0.2"] };
  for (let index = 0; index < DOMAINS; index++) {
    const isOther = kind !== "plain" && !isDistant && index % OTHER_EVERY === 0;
    zone[domainName(index)] = { MX: [isOther ? "10 other.bench.test" : "10 mx.bench.test"] };
  }
  const dns = await startNameServer(zone);
  return {
    settings: {
      ROOKERY_OUTBOUND: "direct",
      ROOKERY_OUTBOUND_PORT: String(port),
      ROOKERY_DNS_SERVERS: dns.server,
      ROOKERY_OUTBOUND_WARM_UP: "0",
    },
    plain: `127.0.0.1:${port}`,
    other: `127.0.0.2:${port}`,
    close() {
      for (const sink of sinks) sink.kill();
      way?.close();
      dns.close();
    },
  };
}

/** Octets pass half of DISTANT_MS later than they come, each way; what comes later waits for nothing more. */
async function longWay(from: string, to: string, port: number): Promise<Server> {
  const late = (source: Socket, target: Socket): void => {
    source.on("data", (octets) => void pause(DISTANT_MS / 2).then(() => target.write(octets)));
    source.on("close", () => void pause(DISTANT_MS / 2).then(() => target.destroy()));
    source.on("error", () => undefined);
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = open({ host: to, port, noDelay: true });
    late(near, far);
    late(far, near);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, from, resolve);
  await promise;
  return server;
}
