/** Upgrades requests to WebSockets (RFC 6455): who may, and how many. Refusals are answers of the API, before the upgrade. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Actor, Authenticator } from "../../../domain/door/access/index.ts";
import { fail } from "../../../domain/door/failures.ts";
import type { Clock } from "../../../lib/clock.ts";
import { Counter } from "../../../lib/counter.ts";
import { createFairShare } from "../../../lib/fair-share.ts";
import type { Log } from "../../../lib/log.ts";
import { authenticate, challengeTo } from "../authenticate.ts";
import { clientNetwork } from "../client-network.ts";
import type { Dialect, SocketDialect } from "../dialect/dialect.ts";
import { answerTo, noRoute } from "../dialect/serve.ts";
import {
  MAX_SOCKET_FRAGMENTS,
  MAX_SOCKET_MESSAGE_BYTES,
  MAX_SOCKET_PIECES,
  MAX_SOCKETS_PER_KEY,
  MAX_SOCKETS_PER_NETWORK,
  RETRY_AFTER_SECONDS,
} from "../limits.ts";
import { refusalHeaders } from "../refuse-unreadable.ts";
import type { Shares, StrangersPace } from "../shares.ts";
import type { SocketHub } from "./hub.ts";

export interface UpgradeParts {
  readonly hub: SocketHub;
  readonly authenticator: Authenticator;
  readonly shares: Pick<Shares, "paceOfRequest">;
  readonly dialect: Pick<Dialect, "refusal" | "invalid" | "internal"> & { readonly sockets: SocketDialect };
  readonly isProxy: (address: string) => boolean;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  /** Reason phrases by status, as node has them. */
  readonly reasons: Readonly<Record<number, string | undefined>>;
  /** At once; one tenant alone may have half. */
  readonly maxSockets: number;
}

/** Answers a request to upgrade, whose socket node hands over. @param seated called when it has a place among the WebSockets, if it gets one */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, seated: () => void) => void;

export function createUpgrade(parts: UpgradeParts): Upgrade {
  const { hub, dialect, log } = parts;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_SOCKET_MESSAGE_BYTES,
    maxFragments: MAX_SOCKET_FRAGMENTS,
    maxBufferedChunks: MAX_SOCKET_PIECES,
  });
  const places = createPlaces(parts.maxSockets);
  const upgrade = async (
    pace: StrangersPace,
    ...[request, socket, head, seated]: Parameters<Upgrade>
  ): Promise<void> => {
    const by = await admit(parts, pace, request);
    const leave = places.enter(by.actor, clientNetwork(request, parts.isProxy));
    socket.once("close", leave);
    if (socket.destroyed) return leave();
    seated();
    server.handleUpgrade(request, socket, head, (opened) => hub.open(opened, by));
  };
  return (request, socket, head, seated) => {
    const broken = (): void => void socket.destroy();
    socket.on("error", broken);
    const pace = parts.shares.paceOfRequest(request);
    upgrade(pace, request, socket, head, seated)
      .then(() => socket.off("error", broken))
      .catch((error: unknown) => {
        const answering = { requestId: parts.newId(), path: dialect.sockets.path };
        const known = answerTo(dialect, error, answering);
        if (known === null) log.error({ error, requestId: answering.requestId }, "an upgrade failed");
        const answer = known ?? dialect.internal(answering);
        const headers = {
          ...answer.headers,
          ...(answer.status === 401 && { "www-authenticate": challengeTo(error) }),
        };
        // As the look-up of a key: whoever asks again as soon as he is refused would else have much of the event loop for nothing.
        pace
          .inTurn(async () => refuse(parts, socket, answering.requestId, { ...answer, headers }))
          .catch(broken);
      });
  };
}

/** @throws Failure route.not_found, auth.missing, auth.unknown_key, auth.expired_key, pod.suspended */
async function admit(
  { authenticator, dialect }: UpgradeParts,
  pace: StrangersPace,
  request: IncomingMessage,
): Promise<{ readonly token: string; readonly actor: Actor }> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const { sockets } = dialect;
  if (path.replace(/\/$/, "") !== sockets.path) throw noRoute();
  const inQuery = new URLSearchParams(query).get(sockets.keyParameter);
  const header = request.headers.authorization ?? (inQuery === null ? undefined : `Bearer ${inQuery}`);
  const actor = await authenticate(authenticator, header, pace);
  return { token: (header ?? "").slice("Bearer ".length), actor };
}

/** Places of sockets: by key, by tenant, by network. */
function createPlaces(maxSockets: number) {
  const byKey = new Counter();
  const byNetwork = new Counter();
  const byTenant = createFairShare(maxSockets);
  return {
    /** @returns gives the place back; again it does nothing @throws Failure limit.reached */
    enter({ keyId, scope }: Actor, network: string | null): () => void {
      const key = keyId ?? "";
      const tenant = scope.podId ?? scope.organizationId;
      if (byKey.of(key) >= MAX_SOCKETS_PER_KEY) throw full("with one key", MAX_SOCKETS_PER_KEY);
      if (network !== null && byNetwork.of(network) >= MAX_SOCKETS_PER_NETWORK)
        throw full("from one network", MAX_SOCKETS_PER_NETWORK);
      if (!byTenant.tryAcquire(tenant)) throw full("of one tenant", Math.floor(maxSockets / 2));
      byKey.add(key);
      if (network !== null) byNetwork.add(network);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        byKey.remove(key);
        if (network !== null) byNetwork.remove(network);
        byTenant.release(tenant);
      };
    },
  };
}

const full = (whose: string, count: number) =>
  fail("limit.reached", {
    message: `Too many WebSockets ${whose}`,
    hint: "Close those that are not read, or subscribe to more on each.",
    limit: { resource: "socket", count },
  });

function refuse(
  parts: UpgradeParts,
  socket: Duplex,
  requestId: string,
  { status, body, headers }: ReturnType<Dialect["internal"]>,
): void {
  const text = JSON.stringify(body);
  const lines = {
    ...refusalHeaders(parts),
    ...headers,
    "x-request-id": requestId,
    ...([429, 503].includes(status) && { "retry-after": String(RETRY_AFTER_SECONDS) }),
    "content-length": String(Buffer.byteLength(text)),
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
  // Whether or not the peer ends its half, which nothing would make it do.
  const close = (): void => void socket.destroy();
  socket.end([`HTTP/1.1 ${status} ${parts.reasons[status] ?? ""}`, ...head, "", text].join("\r\n"), close);
}
