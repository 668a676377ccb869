/** Bounds of events for sockets and consumers: each with its unit, and why it is that and not another. */

/** Events read from the table at once for all sockets of a process: about 100 KB. */
export const FEED_PAGE_EVENTS = 500;
/** Of those, loaded with their messages at once: half the connections that workers have, a few milliseconds each. */
export const FEED_LOADED_AT_ONCE = 8;
/** Milliseconds between looks for events where no notice came. */
export const FEED_LOOK_MS = 1000;
/** Seconds that a process counts as a reader of events after it said so; it says so three times as often. */
export const FEED_READER_SECONDS = 60;
/** Restored rows put in order at once, of which a start may find millions. */
export const FEED_RESTORED_ROWS = 5000;
/** Events that a socket is sent of what it missed; who missed more lists messages instead. */
export const MAX_REPLAYED_EVENTS = 1000;
/** Milliseconds that an event's id may be older than its commit: the longest that any operation may take, and clocks that differ by minutes. */
export const FEED_LATENESS_MS = 3_600_000;
/** Names of consumers that one of those remembers: each reads all of it, so a fleet of them is one name. */
export const MAX_POLLING_CONSUMERS = 100;
/** Events handed out at once, and bytes of them: what a client may hold for a moment. One event at least. */
export const MAX_POLLED_EVENTS = 250;
export const MAX_POLLED_BYTES = 8 * 1024 * 1024;
/** Milliseconds that events may be leased for: longer than any batch takes an agent. */
export const MAX_POLLING_LEASE_MS = 12 * 3_600_000;
/** Events of a polling webhook that are numbered in one look: a statement of milliseconds. More are numbered by the next. */
export const NUMBERED_AT_ONCE = 1000;
/** The same of those that a new consumer skips, of which a subscription that nobody read may have a million: all at once, they were a statement of a minute. */
export const SKIPPED_AT_ONCE = 5000;
/** Pods and inboxes, each counted once, that one socket may name over all of its subscriptions: who wants more subscribes to a pod, or to all. */
export const MAX_SUBSCRIBED_TARGETS = 100;
