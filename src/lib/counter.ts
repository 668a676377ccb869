/** Counts by key, and their sum. A key whose count is zero takes no memory. */
export class Counter {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Keys that count at least so much. */
  keysFrom(least: number): string[] {
    return [...this.#counts].flatMap(([key, count]) => (count >= least ? [key] : []));
  }

  add(key: string, amount = 1): void {
    if (amount === 0) return;
    this.#counts.set(key, this.of(key) + amount);
    this.#total += amount;
  }

  /** Removing more than was added leaves zero. */
  remove(key: string, amount = 1): void {
    const count = this.of(key);
    const removed = Math.min(amount, count);
    this.#total -= removed;
    if (removed === count) this.#counts.delete(key);
    else this.#counts.set(key, count - removed);
  }
}
