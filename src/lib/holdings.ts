/** Counts by holder, and their total. A holder with none takes no memory. */
export class Holdings {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(holder: string): number {
    return this.#counts.get(holder) ?? 0;
  }

  add(holder: string, count = 1): void {
    if (count === 0) return;
    this.#counts.set(holder, this.of(holder) + count);
    this.#total += count;
  }

  /** Removing more than is held removes what is held. */
  remove(holder: string, count = 1): void {
    const held = this.of(holder);
    const removed = Math.min(count, held);
    this.#total -= removed;
    if (removed === held) this.#counts.delete(holder);
    else this.#counts.set(holder, held - removed);
  }
}
