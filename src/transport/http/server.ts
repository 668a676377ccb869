/** The HTTP listener. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import { MAX_REQUEST_HEAD_BYTES } from "../../domain/limits.ts";
import { type RefusalParts, refusalHeaders, refuseUnreadable } from "./refuse-unreadable.ts";
import { type ErrorAnswer, internalAnswer } from "./v0/errors.ts";
import { unreadableAnswers } from "./v0/unreadable.ts";

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests end (bounded), then closes what is left. */
  stop(): Promise<void>;
}

export interface ListenerParts extends Omit<RefusalParts, "reasons"> {
  readonly host: string;
  readonly port: number;
  readonly patience?: Patience;
}

/** How long a request may take to come in, milliseconds; whoever is slower is told 408. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkMs: number;
}

/** Node's own: a slow line sends 12 MB in five minutes at 40 KB a second, and nobody needs a minute for 16 KB of headers. */
const PATIENCE: Patience = { headersMs: 60_000, requestMs: 300_000, checkMs: 30_000 };

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
  const { headersMs, requestMs, checkMs } = parts.patience ?? PATIENCE;
  const refusal = ({ status, body }: ErrorAnswer): Response =>
    Response.json(body, { status, headers: refusalHeaders(parts) });
  const listener = getRequestListener(app.fetch, {
    hostname: parts.host,
    errorHandler: (error) =>
      refusal(error instanceof RequestError ? unreadableAnswers.malformed : internalAnswer),
  });
  const server = createServer(
    {
      maxHeaderSize: MAX_REQUEST_HEAD_BYTES,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
      // Refused below, with a body.
      requireHostHeader: false,
    },
    (request, response) =>
      lacksHost(request) ? write(response, unreadableAnswers.malformed, parts) : listener(request, response),
  );
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) =>
    write(response, unreadableAnswers.expectation_unknown, parts),
  );
  refuseUnreadable(server, { ...parts, reasons: STATUS_CODES });
  return server;
}

/** HTTP/1.1 must name the host it asks, HTTP/1.0 cannot (RFC 9112 section 3.2). */
const lacksHost = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersion === "1.1";

function write(response: ServerResponse, { status, body }: ErrorAnswer, parts: ListenerParts): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { ...refusalHeaders(parts), "content-length": Buffer.byteLength(text) });
  response.end(text);
}
