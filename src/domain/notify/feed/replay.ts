import { firstIdAt, isUuid } from "../../../lib/uuid.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { FEED_LATENESS_MS, MAX_REPLAYED_EVENTS } from "../limits.ts";
import type { FeedEvent } from "./event.ts";
import { unseenOf } from "./snapshot.ts";
import { findCursor, listEventsSince } from "./store.ts";
import type { Listening } from "./subscription.ts";

export interface Replay {
  /** Id of the event that the socket had last. */
  readonly after: string;
  readonly listening: Listening;
}

/** Milliseconds since the epoch of an id of version 7. */
const timeOf = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

/**
 * The events that a socket missed which had `after` last. What was being committed at the moment when that was sent may come again; nothing
 * is left out. @throws Failure object.not_found when the event is gone, or more were missed than are replayed
 */
export const replayEvents = operation({
  name: "event.replay",
  needs: [],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check(input: Replay) {
    if (!isUuid(input.after))
      throw invalid(["after"], says`${field("after")} must be the id of the last event that was received`);
    return input;
  },
  async run({ tx, scope }, { after, listening }): Promise<readonly FeedEvent[]> {
    const cursor = await findCursor(tx, scope, after);
    if (cursor === null) throw gone("The event of that id is not here any more");
    const events = await listEventsSince(tx, scope, {
      cursor: { ...cursor, unseen: cursor.snapshot === null ? null : unseenOf(cursor.snapshot) },
      firstId: firstIdAt(timeOf(after) - FEED_LATENESS_MS),
      listening,
      limit: MAX_REPLAYED_EVENTS + 1,
    });
    if (events.length > MAX_REPLAYED_EVENTS)
      throw gone(`More than ${MAX_REPLAYED_EVENTS} events were missed`);
    return events;
  },
});

const gone = (message: string): Failure =>
  fail("object.not_found", {
    message,
    hint: "List messages for what was missed. Events from now on are sent.",
  });
