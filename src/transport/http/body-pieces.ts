/** Bounds the chunks in which a request's body comes, as Node reads them: before anybody takes them, 64 KB of an octet each are 65,000 objects. */
import type { IncomingMessage } from "node:http";
import { LEAST_PIECE_BYTES, MAX_BODY_PIECES, SMALL_BODY_PIECES } from "./limits.ts";
import type { Shares } from "./shares.ts";

/** Whether so many bytes come in pieces that are too small: each costs as much as a thousand bytes. */
const areTooSmall = (pieces: number, bytes: number): boolean =>
  pieces > SMALL_BODY_PIECES + bytes / LEAST_PIECE_BYTES;

/** Whether a body that is held whole has more pieces than may be. */
export const areTooMany = (pieces: number, bytes: number): boolean =>
  pieces > MAX_BODY_PIECES || areTooSmall(pieces, bytes);

/**
 * To be called before anything is read. Behind the first piece too many nothing more is read of the connection. The body has no end then, so that nobody takes what came for a whole one.
 * @param endLate when that piece is handed on, by which whoever reads the body finds out, and the peer by any answer: the pieces were work that cost it next to nothing
 * @param onTooMany called then
 * @returns whether that was so
 */
export function boundPieces(
  request: IncomingMessage,
  endLate: Shares["endLate"],
  onTooMany: () => void,
): () => boolean {
  if (request.headers["transfer-encoding"] === undefined) return () => false;
  const push = request.push.bind(request);
  let [pieces, bytes, isOver] = [0, 0, false];
  // False has Node stop reading the socket.
  request.push = (piece: Uint8Array | null, encoding) => {
    if (isOver) return false;
    if (piece === null) return push(null);
    bytes += piece.byteLength;
    if (!areTooSmall(++pieces, bytes)) return push(piece, encoding);
    isOver = true;
    const { socket } = request;
    // Also of an answer that needs no body, such as that it has no key.
    socket.cork();
    endLate(request, () => {
      socket.uncork();
      if (!request.destroyed) push(piece, encoding);
      onTooMany();
    });
    return false;
  };
  return () => isOver;
}
