/** Bodies written as they are made: no faster than the client reads them, in turns of the event loop for everybody else. */
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
