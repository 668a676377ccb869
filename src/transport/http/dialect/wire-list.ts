/** Long lists of an answer, presented and written in pieces, with turns of the event loop for everybody else between them. */

/** A list whose items are presented when they are written. As JSON, or iterated, it is the list of them. */
export class WireList<Item = never, Wire = unknown> {
  readonly #items: readonly Item[];
  readonly #toWire: (item: Item) => Wire;

  constructor(items: readonly Item[], toWire: (item: Item) => Wire) {
    this.#items = items;
    this.#toWire = toWire;
  }

  toJSON(): Wire[] {
    return this.#items.map(this.#toWire);
  }

  /** JSON of the list. @param pieceItems items that are written without a pause @param pause between two pieces */
  async write(pieceItems: number, pause: () => Promise<unknown>): Promise<string> {
    const pieces: string[] = [];
    for (let from = 0; from < this.#items.length; from += pieceItems) {
      if (from > 0) await pause();
      const piece = JSON.stringify(this.#items.slice(from, from + pieceItems).map(this.#toWire));
      pieces.push(piece.slice(1, -1));
    }
    return `[${pieces.join(",")}]`;
  }
}

/** JSON of a body whose own fields, or those of an object in it, may be lists. */
export async function writeJson(
  body: unknown,
  pieceItems: number,
  pause: () => Promise<unknown>,
): Promise<string> {
  if (body instanceof WireList) return body.write(pieceItems, pause);
  if (!holdsList(body)) return JSON.stringify(body);
  const fields: string[] = [];
  for (const [name, value] of Object.entries(body))
    if (value !== undefined)
      fields.push(`${JSON.stringify(name)}:${await writeJson(value, pieceItems, pause)}`);
  return `{${fields.join(",")}}`;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Looks no deeper than envelopes are: a list in a field, or in a field of the object in one. */
function holdsList(value: unknown, depth = 1): value is object {
  if (!isObject(value) || Array.isArray(value)) return false;
  return Object.values(value).some(
    (field) => field instanceof WireList || (depth > 0 && holdsList(field, depth - 1)),
  );
}
