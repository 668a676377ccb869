/**
 * Answers connections whose bytes are no request. Node's own answer has a status and no body, and the clients of this
 * API branch on the body.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import type { Dialect } from "./dialect/dialect.ts";
import type { Unreadable } from "./dialect/unreadable.ts";
import { EXPIRED_PER_TURN, MAX_REQUEST_HEAD_BYTES } from "./limits.ts";

export interface RefusalParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly unreadable: Dialect["unreadable"];
  /** Reason phrases by status, as node has them. */
  readonly reasons: Readonly<Record<number, string | undefined>>;
}

/**
 * How long a refused connection is still read from, milliseconds. Closed at once, with bytes under way to us, TCP resets
 * it and its peer may never see the answer (RFC 9112 section 9.6); a peer on the other side of the world has the answer
 * in half of this.
 */
const LINGER_MS = 1000;

/** What node's parser and its sockets report. */
interface ConnectionError extends Error {
  readonly code?: string;
  /** The bytes that the parser gave up on. */
  readonly rawPacket?: Buffer;
}

const LINE_FEED = 0x0a;

/** Null for errors that are not about the bytes, such as a reset: there is no peer left to answer. */
function unreadableOf({ code, rawPacket }: ConnectionError): Unreadable | null {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "too_slow";
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return "chunk_extensions_too_long";
  // A URL that arrives in several chunks is reported as headers, whose bound it shares.
  if (code === "HPE_HEADER_OVERFLOW") return isFirstLine(rawPacket) ? "target_too_long" : "headers_too_long";
  return code?.startsWith("HPE_") === true ? "malformed" : null;
}

/** True when the bytes begin a request and its first line alone is over the bound. */
function isFirstLine(packet: Buffer | undefined): boolean {
  if (packet === undefined || packet.subarray(0, MAX_REQUEST_HEAD_BYTES).includes(LINE_FEED)) return false;
  return /^[A-Z]+ [/h]/.test(packet.toString("latin1", 0, 16));
}

/** The headers of a refusal: those that the app gives each of its answers, and that the connection ends. */
export function refusalHeaders(
  parts: Pick<RefusalParts, "clock" | "newId">,
): Record<string, string> & { readonly "x-request-id": string } {
  return {
    "content-type": "application/json",
    connection: "close",
    date: parts.clock.now().toUTCString(),
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id",
    "x-request-id": parts.newId(),
    "x-content-type-options": "nosniff",
  };
}

function refusalText(kind: Unreadable, parts: RefusalParts): string {
  const headers = refusalHeaders(parts);
  const { status, body } = parts.unreadable(kind, { requestId: headers["x-request-id"], path: "" });
  const text = JSON.stringify(body);
  const lines = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(text)) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${status} ${parts.reasons[status] ?? ""}`, ...lines, "", text].join("\r\n");
}

/** Sends the last answer and half-closes, so that the peer can read it; destroys the socket after LINGER_MS at the latest. */
function close(socket: Socket, message = ""): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.end(message);
}

/** Gives `server` its answers to what it cannot read. */
export function refuseUnreadable(server: Server, parts: RefusalParts): void {
  // By socket, the answers that are not sent yet: a refusal must not be written into one, nor be taken for one.
  const running = new WeakMap<object, Set<ServerResponse<IncomingMessage>>>();
  // The rest of what was refused keeps coming, and the parser reports every piece of it.
  const refused = new WeakSet<Socket>();
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse<IncomingMessage>) => {
    const responses = running.get(socket) ?? new Set();
    running.set(socket, responses.add(response));
    response.once("close", () => responses.delete(response));
  });
  const refuse = (kind: Unreadable, socket: Socket): void => {
    if (!socket.writable) return void socket.destroy();
    const responses = [...(running.get(socket) ?? [])];
    const last = responses.at(-1);
    // Pipelined requests before the unreadable bytes are answered first; then the connection is closed without a refusal.
    if (last?.req.complete === true) return void last.once("close", () => close(socket));
    const mayAnswer = responses.length === 0 || (responses.length === 1 && last?.headersSent === false);
    close(socket, mayAnswer ? refusalText(kind, parts) : "");
  };
  const expire = fewAtATurn((socket: Socket) => refuse("too_slow", socket));
  server.on("clientError", (error: ConnectionError, socket: Socket) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const kind = unreadableOf(error);
    if (kind === null) socket.destroy();
    else if (kind === "too_slow") expire(socket);
    else refuse(kind, socket);
  });
}

/** Does `act` for a few of the items in each turn of the event loop: thousands of connections may expire in one look at them. */
function fewAtATurn<Item>(act: (item: Item) => void): (item: Item) => void {
  const waiting: Item[] = [];
  const goOn = (): void => {
    for (const item of waiting.splice(0, EXPIRED_PER_TURN)) act(item);
    if (waiting.length > 0) setImmediate(goOn);
  };
  return (item) => {
    if (waiting.push(item) === 1) setImmediate(goOn);
  };
}
