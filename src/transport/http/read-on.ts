/**
 * Reads the rest of a request that was answered before its end, and drops it. A client that sends the whole of a large body before it looks for
 * an answer would else be cut off by TCP's reset and never see why (RFC 9112 section 9.6).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { boundPieces } from "./body-pieces.ts";
import { READ_ON_BYTES, READ_ON_CHECK_MS, READ_ON_MS, READ_ON_SILENT_MS } from "./limits.ts";
import type { Shares } from "./shares.ts";

export interface ReadOnParts {
  readonly monotonicMs: () => number;
  /** When peers whose bodies come in too many pieces are told so. */
  readonly endLate: Shares["endLate"];
}

/** To be called for each request, before it is answered. What goes on for too long ends its connection. */
export function readOn(
  request: IncomingMessage,
  response: ServerResponse,
  { monotonicMs, endLate }: ReadOnParts,
): void {
  const haveTooMany = boundPieces(request, endLate, () => {
    if (response.writableFinished) request.socket.destroySoon();
  });
  response.once("finish", () => {
    if (request.complete || request.destroyed) return;
    if (haveTooMany()) return void request.socket.destroySoon();
    // Of the answer's maker, who paused it as he took no more.
    request.removeAllListeners("data");
    // What nobody read Node drops as it comes, uncounted. The field is its own, and nobody's promise.
    if ("_dumped" in request) request._dumped = false;
    request.resume();
    watch(request, monotonicMs);
  });
}

function watch(request: IncomingMessage, monotonicMs: () => number): void {
  const { socket } = request;
  const began = { at: monotonicMs(), bytes: socket.bytesRead };
  let heard = began;
  const timer = setInterval(() => {
    const now = { at: monotonicMs(), bytes: socket.bytesRead };
    if (request.complete || socket.destroyed) return void clearInterval(timer);
    if (now.bytes > heard.bytes) heard = now;
    const isTooMuch = now.bytes - began.bytes > READ_ON_BYTES;
    if (!isTooMuch && now.at - began.at < READ_ON_MS && now.at - heard.at < READ_ON_SILENT_MS) return;
    clearInterval(timer);
    socket.destroySoon();
  }, READ_ON_CHECK_MS);
  timer.unref();
}
