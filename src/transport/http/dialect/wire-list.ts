/** Long lists and texts of an answer, presented and written in pieces, with turns of the event loop for everybody else between them. */

/** A list whose items are presented when they are written. As JSON it is the list of them. */
export class WireList<Item = never, Wire = unknown> {
  readonly items: readonly Item[];
  readonly toWire: (item: Item) => Wire;

  constructor(items: readonly Item[], toWire: (item: Item) => Wire) {
    this.items = items;
    this.toWire = toWire;
  }

  toJSON(): Wire[] {
    return this.items.map(this.toWire);
  }
}

/** What is written without a pause, at most: items of a list, and characters of JSON. */
export interface PieceBounds {
  readonly items: number;
  readonly characters: number;
}

/**
 * JSON of a body whose own fields, or those of an object in it, may be lists or long texts: as UTF-8 in the pieces in which it was written, as joining them
 * would copy megabytes in one turn.
 */
export async function writeJson(
  body: unknown,
  bounds: PieceBounds,
  pause: () => Promise<unknown>,
): Promise<string | readonly Buffer<ArrayBuffer>[]> {
  if (!isLong(body, bounds)) return JSON.stringify(body);
  const pieces = new JsonPieces(bounds, pause);
  await pieces.write(body);
  return pieces.end();
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Looks no deeper than envelopes are: a list or long text in a field, or in a field of the object in one. */
function isLong(value: unknown, bounds: PieceBounds, depth = 1): value is object {
  if (!isObject(value) || Array.isArray(value)) return false;
  return Object.values(value).some(
    (field) =>
      field instanceof WireList ||
      (typeof field === "string" && field.length > bounds.characters) ||
      (depth > 0 && isLong(field, bounds, depth - 1)),
  );
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

class JsonPieces {
  readonly #bounds: PieceBounds;
  readonly #pause: () => Promise<unknown>;
  readonly #written: Buffer<ArrayBuffer>[] = [];
  /** Behind what was written. */
  #text = "";
  /** Since the last pause. */
  #characters = 0;
  #items = 0;

  constructor(bounds: PieceBounds, pause: () => Promise<unknown>) {
    this.#bounds = bounds;
    this.#pause = pause;
  }

  async write(value: unknown): Promise<void> {
    if (value instanceof WireList) await this.#list(value);
    else if (typeof value === "string" && value.length > this.#bounds.characters) await this.#longText(value);
    else if (isLong(value, this.#bounds)) await this.#members(value);
    else this.#text += JSON.stringify(value);
  }

  end(): readonly Buffer<ArrayBuffer>[] {
    this.#flush();
    return this.#written;
  }

  async #list({ items, toWire }: WireList<unknown>): Promise<void> {
    this.#text += "[";
    for (const [index, item] of items.entries()) {
      if (index > 0) {
        await this.#pauseWhenFull();
        this.#text += ",";
      }
      this.#items++;
      const wire = toWire(item);
      if (isLong(wire, this.#bounds)) await this.#members(wire);
      else this.#text += JSON.stringify(wire);
    }
    this.#text += "]";
  }

  async #members(object: object): Promise<void> {
    let before = "{";
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined) continue;
      await this.#pauseWhenFull();
      this.#text += `${before}${JSON.stringify(name)}:`;
      before = ",";
      await this.write(value);
    }
    this.#text += before === "{" ? "{}" : "}";
  }

  async #longText(text: string): Promise<void> {
    const { characters } = this.#bounds;
    this.#text += '"';
    for (let from = 0, to = 0; from < text.length; from = to) {
      await this.#pauseWhenFull();
      to = Math.min(from + characters, text.length);
      // The halves of a pair are written together: alone, each would be an escape.
      if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
      this.#flush();
      // Not by way of the text in front of it, which would be copied to become one with it.
      this.#written.push(Buffer.from(JSON.stringify(text.slice(from, to))).subarray(1, -1));
      this.#characters += to - from;
    }
    this.#text += '"';
  }

  async #pauseWhenFull(): Promise<void> {
    const characters = this.#characters + this.#text.length;
    if (this.#items < this.#bounds.items && characters < this.#bounds.characters) return;
    this.#flush();
    [this.#characters, this.#items] = [0, 0];
    await this.#pause();
  }

  #flush(): void {
    if (this.#text === "") return;
    this.#written.push(Buffer.from(this.#text));
    this.#characters += this.#text.length;
    this.#text = "";
  }
}
