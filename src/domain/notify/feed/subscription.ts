/** What a socket listens to, and the look-up of who listens to an event. */
import type { Scope } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";
import type { EventRow } from "../webhooks/index.ts";

/** What one subscribe asks for, looked up inside its scope. */
export interface Listening {
  readonly types: readonly EventType[];
  readonly podIds: readonly string[];
  /** Row ids. */
  readonly inboxIds: readonly string[];
  /** Names neither pods nor inboxes: everything in the scope. */
  readonly all: boolean;
}

/** Names of what is listened to: `organization`, `pod` or `inbox` and its id. */
export function targetsOf({ podIds, inboxIds, all }: Omit<Listening, "types">, scope: Scope): string[] {
  if (!all) return [...podIds.map((id) => `pod ${id}`), ...inboxIds.map((id) => `inbox ${id}`)];
  if (scope.inboxId !== null) return [`inbox ${scope.inboxId}`];
  return [scope.podId === null ? `organization ${scope.organizationId}` : `pod ${scope.podId}`];
}

type EventTarget = Pick<EventRow, "organizationId" | "podId" | "inboxId" | "type">;

const targetsFor = ({ organizationId, podId, inboxId }: EventTarget): string[] => [
  `organization ${organizationId}`,
  `pod ${podId}`,
  `inbox ${inboxId}`,
];

/** Who listens to what. One of a process. */
export class Subscriptions<Subscriber> {
  readonly #byTarget = new Map<string, Map<Subscriber, ReadonlySet<EventType>>>();

  /** Replaces the types of a target that the subscriber has already, and adds the others (agentmail-newest 7). */
  set(subscriber: Subscriber, targets: readonly string[], types: readonly EventType[]): void {
    const wanted = new Set(types);
    for (const target of targets) {
      const listening = this.#byTarget.get(target) ?? new Map<Subscriber, ReadonlySet<EventType>>();
      this.#byTarget.set(target, listening.set(subscriber, wanted));
    }
  }

  remove(subscriber: Subscriber, targets: Iterable<string>): void {
    for (const target of targets) {
      const listening = this.#byTarget.get(target);
      listening?.delete(subscriber);
      if (listening?.size === 0) this.#byTarget.delete(target);
    }
  }

  get isEmpty(): boolean {
    return this.#byTarget.size === 0;
  }

  /** Who listens to an event, each once however many of its subscriptions fit. */
  of(event: EventTarget): ReadonlySet<Subscriber> {
    const found = new Set<Subscriber>();
    for (const target of targetsFor(event))
      for (const [subscriber, types] of this.#byTarget.get(target) ?? [])
        if (types.has(event.type)) found.add(subscriber);
    return found;
  }

  /** Whether one of them does. */
  has(subscriber: Subscriber, event: EventTarget): boolean {
    return targetsFor(event).some((target) => this.#byTarget.get(target)?.get(subscriber)?.has(event.type));
  }
}
