/** The closed list of event types. Webhooks and every later listener read the rows that operations emit. */
export const eventTypes = [
  "message.received",
  "message.received.spam",
  "message.received.blocked",
  "message.received.unauthenticated",
  "message.sent",
  "message.delivered",
  "message.bounced",
  "message.complained",
  "message.rejected",
  "message.opened",
  "domain.verified",
  "thread.loop_cut",
] as const;

export type EventType = (typeof eventTypes)[number];

/** Those that no vendor's client knows: only who names them is told of them, and nothing of theirs is in answers that clients read strictly. */
export const ownTypes = ["thread.loop_cut"] as const satisfies readonly EventType[];

export const isOwnType = (type: EventType): type is (typeof ownTypes)[number] =>
  ownTypes.some((own) => own === type);

/** Those that are about no message. */
export const typesWithoutMessage: readonly EventType[] = ["domain.verified", "thread.loop_cut"];

export const isEventType = (type: string): type is EventType => eventTypes.some((known) => known === type);

/**
 * Types that clients newer than this server may listen to. Nothing here causes them: to refuse them would keep an endpoint from its
 * other events.
 */
export const uncausedTypes = [
  "calendar.event.created",
  "calendar.event.updated",
  "calendar.event.deleted",
  "calendar.event.responded",
  "calendar.event.starting",
  "calendar.event.ending",
  "message.security.completed",
  "message.security.review",
  "message.security.override",
] as const;

/** What an endpoint may listen to. */
export type ListenedType = EventType | (typeof uncausedTypes)[number];

export const isListenedType = (type: string): type is ListenedType =>
  isEventType(type) || uncausedTypes.some((known) => known === type);

/** What no endpoint can listen to: it is kept for who reads events themselves. */
export type InternalEventType =
  | "message.labelled"
  | "message.deleted"
  | "pod.suspended"
  | "pod.unsuspended"
  | "pod.deleted"
  | "domain.unverified";

/** An event as an operation emits it. The row is written in the operation's own transaction. */
export interface NewEvent {
  readonly id: string;
  readonly type: EventType | InternalEventType;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string | null;
  /** Row id of the message it is about; the payload is built from the row when it is delivered. */
  readonly messageUuid: string | null;
  /** Small facts that are not in the message row, e.g. recipients. Never content. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}
