/** A queue that tenants take turns in: an item waits for those of its own tenant, and for one of each other. */
export class Turns<Item> {
  /** In the order of turns: a tenant that was served and has more waiting goes to the end. */
  readonly #queues = new Map<string, Item[]>();

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** How many tenants have items that wait. */
  get tenants(): number {
    return this.#queues.size;
  }

  /** How many items wait, of all tenants. */
  get size(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** How many of the tenant's items wait. */
  countOf(tenant: string): number {
    return this.#queues.get(tenant)?.length ?? 0;
  }

  add(tenant: string, item: Item): void {
    const queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, [item]);
    else queue.push(item);
  }

  /** Before the other items of its tenant. */
  addFirst(tenant: string, item: Item): void {
    const queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, [item]);
    else queue.unshift(item);
  }

  /**
   * Removes items, one of each tenant in turn, as long as there are some that fit.
   * @param fits whether an item may still be taken. A tenant whose next one may not is passed over, and comes first next time:
   * a call that takes any first item serves it.
   */
  take(fits: (item: Item, tenant: string) => boolean): Item[] {
    const taken: Item[] = [];
    // A tenant that is put back at the end is visited again; one that was passed over keeps its place and is not.
    for (const [tenant, queue] of this.#queues) {
      const [next] = queue;
      if (next === undefined || !fits(next, tenant)) continue;
      taken.push(next);
      queue.shift();
      this.#queues.delete(tenant);
      if (queue.length > 0) this.#queues.set(tenant, queue);
    }
    return taken;
  }
}
