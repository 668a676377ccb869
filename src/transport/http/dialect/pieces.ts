/** Bodies written as they are made: no faster than the client reads them, in turns of the event loop for everybody else. */
import { setImmediate as turn } from "node:timers/promises";
import type { InTurn } from "../../../lib/loop-turns.ts";

export interface PieceSource<Piece> {
  readonly pieces: AsyncIterator<Piece, void>;
  readonly bytesOf: (piece: Piece) => Uint8Array;
  /** Makes a piece when the next one may be made. */
  readonly inTurn: InTurn;
  /** What the body ends with when a later piece fails; null: it ends with an error, so that the connection breaks. */
  readonly failed: (error: unknown) => Uint8Array | null;
}

/** A body that ends when there are no more pieces, when one fails, and when the client is gone: then nothing more is made. */
export function writePieces<Piece>({
  pieces,
  bytesOf,
  inTurn,
  failed,
}: PieceSource<Piece>): ReadableStream<Uint8Array> {
  let isGone = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await inTurn(() => pieces.next());
          // Who leaves while a piece is made has closed the stream.
          if (isGone) return;
          if (done === true) controller.close();
          else controller.enqueue(bytesOf(value));
        } catch (error) {
          const end = failed(error);
          if (isGone) return;
          if (end === null) return controller.error(error);
          controller.enqueue(end);
          controller.close();
        }
      },
      async cancel() {
        isGone = true;
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** An answer that is made: its text in UTF-8 where these are bytes, in the pieces in which it was written where it is long. */
export type Written = string | Uint8Array | readonly Uint8Array[];

export function piecesOf(written: Written): readonly Uint8Array[] {
  if (typeof written === "string") return [Buffer.from(written)];
  return written instanceof Uint8Array ? [written] : written;
}

export function bytesOf(written: Written): number {
  if (typeof written === "string") return Buffer.byteLength(written);
  return piecesOf(written).reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** A body of pieces that are made, one in a turn of the event loop: the kernel copies megabytes at once of whoever gives it all. */
export const sendPieces = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  writePieces({
    pieces: madeOf(pieces),
    bytesOf: (bytes) => bytes,
    inTurn: (make) => turn().then(make),
    failed: () => null,
  });

async function* madeOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* pieces;
}
