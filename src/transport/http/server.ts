/** The HTTP listener. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import { createFairShare } from "../../lib/fair-share.ts";
import { networkList, networkOf } from "../../protocols/address/network.ts";
import type { Dialect } from "./dialect/dialect.ts";
import type { Unreadable } from "./dialect/unreadable.ts";
import {
  HTTP_HEADERS_MS,
  HTTP_REQUEST_MS,
  HTTP_TIMEOUT_CHECK_MS,
  MAX_HTTP_CONNECTIONS,
  MAX_HTTP_PER_NETWORK,
  MAX_PIPELINED_REQUESTS,
  MAX_REQUEST_HEAD_BYTES,
} from "./limits.ts";
import { type RefusalParts, refusalHeaders, refuseUnreadable } from "./refuse-unreadable.ts";

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests end (bounded), then closes what is left. */
  stop(): Promise<void>;
}

/** What is answered to bytes that reach no dialect: that of the one that answers for every path without one of its own. */
export interface ListenerParts extends Omit<RefusalParts, "reasons" | "unreadable"> {
  readonly dialect: Pick<Dialect, "unreadable" | "internal">;
  readonly host: string;
  readonly port: number;
  readonly timeouts?: RequestTimeouts;
  /** Networks of proxies, whose connections are many clients': they have no share by network. */
  readonly proxies: readonly string[];
  /** Connections at once; MAX_HTTP_CONNECTIONS when absent. */
  readonly maxConnections?: number;
  /** Of those, by one client network; MAX_HTTP_PER_NETWORK when absent. */
  readonly maxPerNetwork?: number;
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
    stop: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** A server in which nothing but the app and the API's own refusals answer. */
function openServer(app: Hono, parts: ListenerParts): Server {
  const { headersMs, requestMs, checkMs } = parts.timeouts ?? TIMEOUTS;
  const { dialect } = parts;
  const listener = getRequestListener(app.fetch, {
    hostname: parts.host,
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
  const admit = createPipelineBound();
  const server = createServer(
    {
      maxHeaderSize: MAX_REQUEST_HEAD_BYTES,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
      // Refused below, with a body.
      requireHostHeader: false,
    },
    (request, response) => {
      if (!admit(request, response)) return;
      if (!namesOneHost(request)) refuse(response, "malformed", parts);
      else void listener(request, response);
    },
  );
  shareConnections(server, parts);
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) =>
    refuse(response, "expectation_unknown", parts),
  );
  refuseUnreadable(server, { ...parts, unreadable: dialect.unreadable, reasons: STATUS_CODES });
  return server;
}

/**
 * Ends connections beyond the bound, and those of one network beyond its share, at once: a client of another finds a place. A
 * network may have as many as are free, and never more than `maxPerNetwork`.
 */
function shareConnections(
  server: Server,
  {
    proxies,
    maxConnections = MAX_HTTP_CONNECTIONS,
    maxPerNetwork = MAX_HTTP_PER_NETWORK,
  }: Pick<ListenerParts, "proxies" | "maxConnections" | "maxPerNetwork">,
): void {
  const isProxy = networkList(proxies);
  const places = createFairShare(maxConnections, { perTenant: maxPerNetwork });
  server.maxConnections = maxConnections;
  server.on("connection", (socket: Socket) => {
    const { remoteAddress = "" } = socket;
    if (isProxy(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    if (!places.tryAcquire(network)) return void socket.destroy();
    socket.once("close", () => places.release(network));
  });
}

/**
 * Whether a request may be answered: one pipelined beyond the bound ends its connection, and what
 * else came in the same packet is dropped with it. Its peer may ask again (RFC 9112 section 9.3.2).
 */
function createPipelineBound(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const unanswered = new WeakMap<Socket, number>();
  const add = (socket: Socket, change: number): number => {
    const count = (unanswered.get(socket) ?? 0) + change;
    unanswered.set(socket, count);
    return count;
  };
  return ({ socket }, response) => {
    if (socket.destroyed) return false;
    response.once("close", () => add(socket, -1));
    if (add(socket, 1) <= MAX_PIPELINED_REQUESTS) return true;
    socket.destroy();
    return false;
  };
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
