/** What people ask of deliveries: which events an endpoint was sent or is to be sent, and how each attempt went. */
import type { Actor } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";

/** `pending`: an attempt is still to be made. */
export const sentStates = ["pending", "delivered", "failed"] as const;

export type SentState = (typeof sentStates)[number];

/** An event that an endpoint was sent, or is to be sent: a delivery with what it is about. */
export interface SentEvent {
  readonly eventId: string;
  readonly type: EventType;
  readonly organizationId: string;
  readonly podId: string;
  /** Null: it is about none, or it was deleted. */
  readonly inboxAddress: string | null;
  readonly messageId: string | null;
  readonly state: SentState;
  /** Attempts that were made. */
  readonly attempts: number;
  /** Null: none is to be made. */
  readonly nextAttemptAt: Date | null;
  /** The last attempt; null: there was none. */
  readonly attemptedAt: Date | null;
  readonly outcome: string | null;
  /** HTTP status of its answer; null: there was no answer. */
  readonly status: number | null;
  /** As of a SentAttempt; null in lists, which it would make long. */
  readonly detail: string | null;
  readonly at: Date;
}

/** One attempt. */
export interface SentAttempt {
  /** 1 is the first. */
  readonly attempt: number;
  /** When it ended. */
  readonly at: Date;
  readonly durationMs: number;
  readonly outcome: string;
  /** HTTP status of the answer; null: there was none. */
  readonly status: number | null;
  /** The beginning of the answer's body; of an attempt without an answer, why there was none. */
  readonly detail: string | null;
}

/** What an actor may learn of events: that one happened says as much of a message as reading it. */
export interface SeenBy {
  /** Restricted labels whose messages are hidden. */
  readonly unseen: Actor["unseenLabels"];
  readonly seesDomains: boolean;
}

export const seenBy = (actor: Pick<Actor, "unseenLabels" | "may">): SeenBy => ({
  unseen: actor.unseenLabels,
  seesDomains: actor.may("domain_read"),
});
