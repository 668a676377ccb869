/** Lines of JSON (NDJSON) written as they are made: no faster than the client reads them, in turns of the event loop for everybody else. */

/** Runs `make` in a turn of the event loop that its tenant has, as work of that tenant. */
export type InTurn = <Result>(make: () => Promise<Result>) => Promise<Result>;

export interface LineSource {
  readonly lines: AsyncIterator<readonly unknown[], void>;
  /** Makes a piece when the next one may be made. */
  readonly inTurn: InTurn;
  /** The last line for what a later piece fails with. */
  readonly failed: (error: unknown) => unknown;
}

/** A body that ends when there are no more lines, when one fails, and when the client is gone: then nothing more is made. */
export function writeLines({ lines, inTurn, failed }: LineSource): ReadableStream<Uint8Array> {
  let isGone = false;
  const encoder = new TextEncoder();
  const written = (piece: readonly unknown[]): Uint8Array =>
    encoder.encode(piece.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await inTurn(() => lines.next());
          // Who leaves while a piece is made has closed the stream.
          if (isGone) return;
          if (done === true) controller.close();
          else controller.enqueue(written(value));
        } catch (error) {
          const line = failed(error);
          if (isGone) return;
          controller.enqueue(written([line]));
          controller.close();
        }
      },
      async cancel() {
        isGone = true;
        await lines.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
