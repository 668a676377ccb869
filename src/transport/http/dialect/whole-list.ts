/** Lists without pages: what is too long to be held is written as it is read. */
import { piecesOf, type Written } from "./pieces.ts";

/** What a body ends with whose last field is a list that holds something. */
const END = "]}";

/**
 * The pieces of such a body.
 * @param beginning the body with the first of its items
 * @param rest the items behind them
 */
export async function* wholeList(
  beginning: Written,
  rest: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void> {
  const made = piecesOf(beginning);
  yield* made.slice(0, -1);
  yield made.at(-1)?.subarray(0, -END.length) ?? Buffer.of();
  for await (const items of rest)
    if (items.length > 0) yield Buffer.from(`,${JSON.stringify(items).slice(1, -1)}`);
  yield Buffer.from(END);
}
