/** Lists without pages: what is too long to be held is written as it is read. */

/** What a body ends with whose last field is a list that holds something. */
const END = "]}";

/**
 * The pieces of such a body.
 * @param beginning the body with the first of its items
 * @param rest the items behind them
 */
export async function* wholeList(
  beginning: string | Uint8Array,
  rest: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(beginning).subarray(0, -END.length);
  for await (const items of rest)
    if (items.length > 0) yield Buffer.from(`,${JSON.stringify(items).slice(1, -1)}`);
  yield Buffer.from(END);
}
