/** The body of a request, held only while it is within bounds. */
import { fail, invalid } from "../../domain/door/failures.ts";
import { LEAST_PIECE_BYTES, MAX_BODY_PIECES, SMALL_BODY_PIECES } from "./limits.ts";

/**
 * @returns the body's bytes, or null when there are more than `limitBytes`; what is over the limit is never held
 * @throws Failure input.invalid when the caller goes away before the body's end, input.too_large at too many pieces
 */
export async function readBody(request: Request, limitBytes: number): Promise<Buffer | null> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // As small as most are, and with no more pieces than octets: read off the socket, without a stream between, which costs twice as much as the rest of reading a request.
    if (declared > 0 && declared <= MAX_BODY_PIECES) return Buffer.from(await request.arrayBuffer());
    if (request.body === null) return Buffer.alloc(0);
    // Not cancelled when it is over the limit: that would end the connection, and with it the answer that says so.
    for await (const chunk of request.body.values({ preventCancel: true })) {
      size += chunk.byteLength;
      if (size > limitBytes) return null;
      if (areTooMany(chunks.push(chunk), size)) break;
    }
  } catch {
    // Only the caller's connection can fail here: not a server error, and there is no peer left to answer.
    throw invalid([], "The body ended before its length");
  }
  if (areTooMany(chunks.length, size))
    throw fail("input.too_large", {
      message: `The request body comes in more than ${chunks.length - 1} pieces`,
      hint: "Send it in larger chunks, or whole with its Content-Length.",
    });
  return Buffer.concat(chunks);
}

/** Whether so many bytes come in more pieces than may be: each costs as much as a thousand bytes. */
export const areTooMany = (pieces: number, bytes: number): boolean =>
  pieces > Math.min(MAX_BODY_PIECES, SMALL_BODY_PIECES + bytes / LEAST_PIECE_BYTES);
