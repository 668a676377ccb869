/**
 * Reads the rest of a request that was answered before its end, and drops it. A client that sends the whole of a large body before it looks for
 * an answer would else be cut off by TCP's reset and never see why (RFC 9112 section 9.6).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { READ_ON_BYTES, READ_ON_CHECK_MS, READ_ON_MS, READ_ON_SILENT_MS } from "./limits.ts";
import { areTooMany } from "./read-body.ts";

/** To be called for each request, before it is answered. What goes on for too long ends its connection. */
export function readOn(request: IncomingMessage, response: ServerResponse, monotonicMs: () => number): void {
  response.once("finish", () => {
    if (request.complete || request.destroyed) return;
    // Of the answer's maker, who paused it as he took no more.
    request.removeAllListeners("data");
    request.resume();
    watchPieces(request);
    watch(request, monotonicMs);
  });
}

/** Ends a rest that comes in too many pieces, each of which takes the event loop for as long as a thousand bytes. */
function watchPieces(request: IncomingMessage): void {
  let [pieces, bytes] = [0, 0];
  const count = (piece: Uint8Array): void => {
    bytes += piece.byteLength;
    if (!areTooMany(++pieces, bytes)) return;
    request.off("data", count);
    request.socket.destroySoon();
  };
  // What nobody read Node drops as it comes, and tells nobody. The field is its own, and nobody's promise: where it is not there, such pieces are not counted.
  if ("_dumped" in request) request._dumped = false;
  request.on("data", count);
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
