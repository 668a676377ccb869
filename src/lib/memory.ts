/** What a process remembers between requests of what it could make again, such as compiled forms: by kind and key, the least used forgotten first. */
import { LRUCache } from "lru-cache";

/** A kind of value. */
export interface Slot<Value extends object> {
  /** Unique among slots. */
  readonly name: string;
  /** What all values remembered may weigh together. */
  readonly maxWeight: number;
  /** At least 1. One that weighs more than maxWeight is not remembered. */
  readonly weightOf: (value: Value) => number;
}

export class Memory {
  readonly #slots = new Map<string, LRUCache<string, object>>();

  get<Value extends object>(slot: Slot<Value>, key: string): Value | undefined {
    // Cast: only `set` with the same slot puts values there.
    return this.#slots.get(slot.name)?.get(key) as Value | undefined;
  }

  set<Value extends object>(slot: Slot<Value>, key: string, value: Value): void {
    const values = this.#slots.get(slot.name) ?? new LRUCache<string, object>({ maxSize: slot.maxWeight });
    this.#slots.set(slot.name, values);
    values.set(key, value, { size: slot.weightOf(value) });
  }
}
