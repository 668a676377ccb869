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
] as const;

export type EventType = (typeof eventTypes)[number];

/** What no endpoint can listen to: it is kept for who reads events themselves. */
export type InternalEventType =
  | "message.labelled"
  | "message.deleted"
  | "thread.loop_cut"
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
