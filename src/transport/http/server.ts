/** The HTTP listener. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import type { LoopTurns } from "../../lib/loop-turns.ts";
import type { ConnectionPlaces } from "./connection-places.ts";
import type { Dialect } from "./dialect/dialect.ts";
import type { Unreadable } from "./dialect/unreadable.ts";
import {
  HTTP_HEADERS_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_MS,
  HTTP_TIMEOUT_CHECK_MS,
  HTTP_UNREAD_MS,
  MAX_REQUEST_HEAD_BYTES,
  MAX_SOCKETS,
} from "./limits.ts";
import { createPipeline } from "./pipeline.ts";
import { readOn } from "./read-on.ts";
import { type RefusalParts, refusalHeaders, refuseUnreadable } from "./refuse-unreadable.ts";
import type { Shares } from "./shares.ts";
import type { Upgrade } from "./sockets/upgrade.ts";
import { endUnread } from "./unread-connections.ts";

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests end (bounded), then closes what is left. */
  stop(): Promise<void>;
}

/** What is answered to bytes that reach no dialect: that of the one that answers for every path without one of its own. */
export interface ListenerParts extends Omit<RefusalParts, "reasons" | "unreadable"> {
  readonly dialect: Pick<Dialect, "unreadable" | "internal">;
  /** Takes requests for a WebSocket; without it they are requests like others. */
  readonly sockets?: Sockets;
  readonly host: string;
  readonly port: number;
  readonly timeouts?: RequestTimeouts;
  /** Milliseconds in which a client must read something of its answer; HTTP_UNREAD_MS when absent. */
  readonly unreadMs?: number;
  /** Is told of connections, for which there are turns of the event loop as well. */
  readonly turns?: Pick<LoopTurns, "arrived">;
  /** Of connections. */
  readonly places: ConnectionPlaces;
  /** When peers are ended that made much work of few octets; at once without it. */
  readonly endLate?: Shares["endLate"];
  /** WebSockets beside those; MAX_SOCKETS when absent. */
  readonly maxSockets?: number;
}

/** Reason phrases by status. */
export const reasons = STATUS_CODES;

export interface Sockets {
  readonly upgrade: Upgrade;
  /** Ends those that are open. */
  stop(): Promise<void>;
}

/** How long a request may take to come in, milliseconds; a slower one is answered 408. */
export interface RequestTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkMs: number;
}

const TIMEOUTS: RequestTimeouts = {
  headersMs: HTTP_HEADERS_MS,
  requestMs: HTTP_REQUEST_MS,
  checkMs: HTTP_TIMEOUT_CHECK_MS,
};

/** How long running requests may take to end when the server stops. */
const DRAIN_MS = 5000;

/** @throws EADDRINUSE and the like, as node reports them */
export async function startHttpServer(app: Hono, parts: ListenerParts): Promise<Listener> {
  const server = openServer(app, parts);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(parts.port, parts.host, resolve);
  });
  // A listening TCP server has an address with a port.
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    async stop() {
      const closed = new Promise<void>((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
      // They are connections of the server, which ends with the last of them.
      await Promise.all([parts.sockets?.stop(), closed]);
    },
  };
}

/** A server in which nothing but the app and the API's own refusals answer. */
function openServer(app: Hono, parts: ListenerParts): Server {
  const { headersMs, requestMs, checkMs } = parts.timeouts ?? TIMEOUTS;
  const { dialect } = parts;
  const listener = getRequestListener(app.fetch, {
    hostname: parts.host,
    // It ends the connection half a second after the answer, though the client still sends.
    autoCleanupIncoming: false,
    errorHandler: (error) => {
      const headers = refusalHeaders(parts);
      const answering = { requestId: headers["x-request-id"], path: "" };
      const { status, body } =
        error instanceof RequestError
          ? dialect.unreadable("malformed", answering)
          : dialect.internal(answering);
      return Response.json(body, { status, headers });
    },
  });
  const { endLate = (_request, end) => end() } = parts;
  const inOrder = createPipeline({ endLate });
  const readingOn = { monotonicMs: () => parts.clock.monotonicMs(), endLate };
  const server = createServer(
    {
      maxHeaderSize: MAX_REQUEST_HEAD_BYTES,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
      keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
      // Refused below, with a body.
      requireHostHeader: false,
      // Another protocol that is offered, such as h2c, is declined by answering as ever (RFC 9110 section 7.8).
      shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
        parts.sockets !== undefined && headers.upgrade?.toLowerCase() === "websocket",
    },
    (request, response) =>
      inOrder(request, response, () => {
        readOn(request, response, readingOn);
        if (!namesOneHost(request)) refuse(response, "malformed", parts);
        else void listener(request, response);
      }),
  );
  endUnread(server, parts.unreadMs ?? HTTP_UNREAD_MS, () => parts.clock.monotonicMs());
  const { sockets, places, turns, maxSockets = MAX_SOCKETS } = parts;
  server.maxConnections = places.total + (sockets === undefined ? 0 : maxSockets);
  server.on("connection", (socket: Socket) => {
    turns?.arrived();
    places.enter(socket);
  });
  if (sockets !== undefined)
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until it is counted among those, it is a connection like others: its key may take seconds to be looked up.
      sockets.upgrade(request, socket, head, () => places.leave(request.socket));
    });
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) =>
    refuse(response, "expectation_unknown", parts),
  );
  refuseUnreadable(server, { ...parts, unreadable: dialect.unreadable, reasons });
  return server;
}

/**
 * HTTP/1.1 must name the host it asks, HTTP/1.0 need not; with two of them, a proxy in front may have judged the other one
 * (RFC 9112 section 3.2).
 */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length;
  return hosts === 1 || (hosts === 0 && httpVersion !== "1.1");
}

function refuse(response: ServerResponse, kind: Unreadable, parts: ListenerParts): void {
  const headers = refusalHeaders(parts);
  const { status, body } = parts.dialect.unreadable(kind, { requestId: headers["x-request-id"], path: "" });
  const text = JSON.stringify(body);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
