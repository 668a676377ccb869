export { changeWebhooks, type WebhookChange } from "./change.ts";
export { createWebhook } from "./create.ts";
export { deleteWebhook } from "./delete.ts";
export {
  type AttemptResult,
  createWebhooksForward,
  findDueDeliveries,
  type LoadedDelivery,
  loadDelivery,
  noteUnanswered,
  podsWithDeliveries,
  putOffDelivery,
  recordAttempt,
  type Verdict,
} from "./delivery.ts";
export type { DeliveryJob } from "./delivery-store.ts";
export { type FailingEndpoint, findFailingEndpoints } from "./failing-store.ts";
export { eventText, type SignedAttempt, type WebhookFormat } from "./format.ts";
export { getWebhook, getWebhookHeaders, webhookHeaders } from "./get.ts";
export { listWebhooks } from "./list.ts";
export { type CreateWebhook, makeWebhooks, planWebhook, shownIn, type WebhookPlan } from "./make.ts";
export { lackedBy, mayReadEvent, type Reader, readerWithout } from "./reader.ts";
export {
  isWebhookOpen,
  newestWebhookSeal,
  type Opens,
  renewWebhookSecret,
  sealedWebhooks,
} from "./reseal.ts";
export { type Recovered, recoverWebhook, resendEvent } from "./resend.ts";
export { getSentEvent, listSentAttempts, listSentEvents, type SentPage } from "./sent.ts";
export { type SentAttempt, type SentEvent, sentStates } from "./sent-event.ts";
export { sentAttemptKey, sentEventKey } from "./sent-store.ts";
export { checkEventTypes, listensToMessages, needsOfTypes } from "./settings.ts";
export type { SealedWebhook } from "./store.ts";
export { type EventRow, findEventMessage, loadEvent, type StoredEvent } from "./stored-event.ts";
export { checkNamed, findTargets, type NamedTargets, type Targets } from "./targets.ts";
export { type UpdateWebhook, updateWebhook, updateWebhookHeaders } from "./update.ts";
export { SECRET_SEAL, type Webhook } from "./webhook.ts";
