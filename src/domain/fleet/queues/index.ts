export { type QueueDepth, readQueueDepths } from "./depths.ts";
