export {
  type ConsumerParts,
  type ConsumerToken,
  commit,
  type Received,
  type ReceivedEvent,
  receive,
  requireConsumer,
} from "./consumers.ts";
export { type CreatePollingWebhook, createPollingWebhook } from "./create.ts";
export {
  deletePollingWebhook,
  getPollingWebhook,
  listPollingWebhooks,
  type NamedPolling,
} from "./manage.ts";
export type { IssuedPollingWebhook, PollingWebhook } from "./polling-webhook.ts";
