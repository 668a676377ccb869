/** What a receiver of events may read: a key while it listens, and an endpoint as the key could that made it. */
import { type Actor, type Permission, restrictedLabels } from "../../door/access/index.ts";
import type { EventType } from "../../door/events.ts";

export type Reader = Pick<Actor, "may">;

/** Permissions that bodies of events disclose something by. */
const reading = [
  "message_read",
  "domain_read",
  ...restrictedLabels.map((label) => `label_${label}_read` as const),
] as const satisfies readonly Permission[];

/** Those that a key does not hold, as rows of endpoints keep them. */
export const lackedBy = (key: Reader): Permission[] => reading.filter((permission) => !key.may(permission));

/** An endpoint whose keys did not hold some. */
export const readerWithout = (lacked: readonly string[]): Reader => ({
  may: (permission) => !lacked.includes(permission),
});

/**
 * Whether a receiver may be told of an event.
 * @param labels of its message now; empty when it is about none
 */
export function mayReadEvent(reader: Reader, type: EventType, labels: readonly string[]): boolean {
  if (type === "domain.verified") return reader.may("domain_read");
  return (
    reader.may("message_read") &&
    restrictedLabels.every(
      (label) =>
        !(labels.includes(label) || type === `message.received.${label}`) ||
        reader.may(`label_${label}_read`),
    )
  );
}
