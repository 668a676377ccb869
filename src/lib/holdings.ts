/** How many each holder has, and all together. Who has none takes no memory. */
export class Holdings {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(holder: string): number {
    return this.#counts.get(holder) ?? 0;
  }

  add(holder: string): void {
    this.#counts.set(holder, this.of(holder) + 1);
    this.#total++;
  }

  /** Of a holder that has none, nothing happens. */
  remove(holder: string): void {
    const count = this.of(holder);
    if (count === 0) return;
    this.#total--;
    if (count === 1) this.#counts.delete(holder);
    else this.#counts.set(holder, count - 1);
  }
}
