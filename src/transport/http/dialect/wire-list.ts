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

  /** JSON of the list, in UTF-8. @param pieceItems items that are written without a pause @param pause between two pieces */
  async write(pieceItems: number, pause: () => Promise<unknown>): Promise<Buffer[]> {
    const pieces: Buffer[] = [];
    for (let from = 0; from < this.#items.length; from += pieceItems) {
      if (from > 0) await pause();
      const json = JSON.stringify(this.#items.slice(from, from + pieceItems).map(this.#toWire));
      pieces.push(Buffer.from(`${from > 0 ? "," : "["}${json.slice(1, -1)}`));
    }
    return [...pieces, Buffer.from(pieces.length === 0 ? "[]" : "]")];
  }
}

/** JSON, in UTF-8, of a body whose own fields, or those of an object in it, may be lists. */
export async function writeJson(
  body: unknown,
  pieceItems: number,
  pause: () => Promise<unknown>,
): Promise<string | Buffer<ArrayBuffer>> {
  return holdsList(body) ? Buffer.concat(await piecesOf(body, pieceItems, pause)) : JSON.stringify(body);
}

async function piecesOf(body: unknown, pieceItems: number, pause: () => Promise<unknown>): Promise<Buffer[]> {
  if (body instanceof WireList) return body.write(pieceItems, pause);
  if (!holdsList(body)) return [Buffer.from(JSON.stringify(body))];
  const pieces: Buffer[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    pieces.push(Buffer.from(`${pieces.length === 0 ? "{" : ","}${JSON.stringify(name)}:`));
    pieces.push(...(await piecesOf(value, pieceItems, pause)));
  }
  return [...pieces, Buffer.from("}")];
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Looks no deeper than envelopes are: a list in a field, or in a field of the object in one. */
function holdsList(value: unknown, depth = 1): value is object {
  if (!isObject(value) || Array.isArray(value)) return false;
  return Object.values(value).some(
    (field) => field instanceof WireList || (depth > 0 && holdsList(field, depth - 1)),
  );
}
