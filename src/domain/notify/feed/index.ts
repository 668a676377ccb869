export { MAX_SUBSCRIBED_TARGETS } from "../limits.ts";
export { type FeedEvent, mayHear } from "./event.ts";
export { createEventFeed, type EventFeed, type FeedListener, loadStored } from "./feed.ts";
export { replayEvents } from "./replay.ts";
export { FEED_CHANNEL } from "./store.ts";
export { type Subscribe, subscribe, unsubscribe } from "./subscribe.ts";
export { type Listening, Subscriptions, targetsOf } from "./subscription.ts";
