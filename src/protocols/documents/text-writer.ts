/** Text that grows until it is long enough. */
export class TextWriter {
  readonly #pieces: string[] = [];
  #left: number;
  /** Line ends at the end of what was written. */
  #breaks = 0;

  /** @param characters that it takes */
  constructor(characters: number) {
    this.#left = characters;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  add(text: string): void {
    if (this.#left <= 0 || text === "") return;
    // More would be cut off in the end, and leave less for text.
    if (text !== "\n") this.#breaks = 0;
    else if (++this.#breaks > 2) return;
    const piece = text.slice(0, this.#left);
    this.#left -= piece.length;
    this.#pieces.push(piece);
  }

  /** What was written, with at most one empty line at a time. */
  text(): string {
    return this.#pieces
      .join("")
      .replaceAll(/[^\S\n]+\n/g, "\n")
      .replaceAll(/\n{3,}/g, "\n\n")
      .trim();
  }
}
