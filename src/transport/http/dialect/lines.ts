/** Lines of JSON (NDJSON) written as they are made. */
import { type PieceSource, writePieces } from "./pieces.ts";

export interface LineSource extends Pick<PieceSource<unknown>, "inTurn"> {
  readonly lines: AsyncIterator<readonly unknown[], void>;
  /** The last line for what a later piece fails with. */
  readonly failed: (error: unknown) => unknown;
}

export function writeLines({ lines, inTurn, failed }: LineSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const bytesOf = (piece: readonly unknown[]): Uint8Array =>
    encoder.encode(piece.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return writePieces({ pieces: lines, bytesOf, inTurn, failed: (error) => bytesOf([failed(error)]) });
}
