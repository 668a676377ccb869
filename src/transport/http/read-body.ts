/** The body of a request, held only while it is within bounds. */
import type { IncomingMessage } from "node:http";
import { fail, invalid } from "../../domain/door/failures.ts";
import { areTooMany } from "./body-pieces.ts";
import { MAX_BODY_PIECES } from "./limits.ts";

/**
 * @param incoming what Node has of the request; absent without a socket
 * @returns the body's bytes, or null when there are more than `limitBytes`; what is over the limit is never held
 * @throws Failure input.invalid when the caller goes away before the body's end, input.too_large at too many pieces
 */
export async function readBody(
  request: Request,
  limitBytes: number,
  incoming?: IncomingMessage,
): Promise<Buffer | null> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) return null;
  const pieces: Uint8Array[] = [];
  let size = 0;
  const take = (piece: Uint8Array): boolean => {
    size += piece.byteLength;
    return size <= limitBytes && !areTooMany(pieces.push(piece), size);
  };
  try {
    // As small as most are, and with no more pieces than octets: read off the socket, without a stream between, which costs twice as much as the rest of reading a request.
    if (declared > 0 && declared <= MAX_BODY_PIECES) return Buffer.from(await request.arrayBuffer());
    if (incoming !== undefined && request.headers.has("transfer-encoding")) await takeChunks(incoming, take);
    else await takePieces(request, take);
  } catch {
    // Only the caller's connection can fail here: not a server error, and there is no peer left to answer.
    throw invalid([], "The body ended before its length");
  }
  if (size > limitBytes) return null;
  if (areTooMany(pieces.length, size))
    throw fail("input.too_large", {
      message: `The request body comes in more than ${pieces.length - 1} pieces`,
      hint: "Send it in larger chunks, or whole with its Content-Length.",
    });
  return Buffer.concat(pieces);
}

/** @returns false: no more is wanted */
type Take = (piece: Uint8Array) => boolean;

async function takePieces({ body }: Request, take: Take): Promise<void> {
  if (body === null) return;
  // Not cancelled when it is over the limit: that would end the connection, and with it the answer that says so.
  for await (const piece of body.values({ preventCancel: true })) if (!take(piece)) return;
}

/** As takePieces, of chunks as Node reads them: a packet has ten thousand of an octet each, and the web's stream takes ten times as long for each. */
function takeChunks(incoming: IncomingMessage, take: Take): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (chunk: Uint8Array): void => {
    if (take(chunk)) return;
    incoming.off("data", look);
    incoming.pause();
    resolve();
  };
  incoming.on("data", look);
  incoming.once("end", resolve);
  for (const event of ["error", "close"]) incoming.once(event, () => reject(new Error("no more comes")));
  return promise;
}
