/** A bound on the memory that a reader of documents takes for bytes, where it has none itself. */
import { Unreadable } from "./document.ts";

/**
 * Runs `act` with a bound on what it takes by typed arrays of bytes, in all: nothing else holds what a decoder inflates. Web streams
 * take theirs inside Node, where it is not counted, so there are none meanwhile. What was taken is not given back to the count.
 *
 * It changes what these names mean in this thread until `act` is done, for all that runs in it: one at a time.
 * @throws Unreadable beyond `most` bytes, whatever `act` makes of the errors that its allocations end with
 */
export async function withinBytes<T>(most: number, act: () => Promise<T>): Promise<T> {
  let left = most;
  const take = (length: unknown): void => {
    if (typeof length === "number") left -= length;
    if (left < 0) throw new Unreadable("it inflates to too much");
  };
  const counted = <A extends Uint8ArrayConstructor | Int8ArrayConstructor>(array: A): A =>
    new Proxy(array, {
      construct(target, args: readonly unknown[], made) {
        take(args[0]);
        return Reflect.construct(target, args, made);
      },
    });
  const usual = {
    Uint8Array: globalThis.Uint8Array,
    Int8Array: globalThis.Int8Array,
    DecompressionStream: globalThis.DecompressionStream,
  };
  Object.assign(globalThis, {
    Uint8Array: counted(usual.Uint8Array),
    Int8Array: counted(usual.Int8Array),
    DecompressionStream: undefined,
  });
  try {
    const result = await act();
    take(0);
    return result;
  } finally {
    Object.assign(globalThis, usual);
  }
}
