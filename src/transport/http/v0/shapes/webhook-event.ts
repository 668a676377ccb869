/** What a webhook was sent, and the attempts at it: shapes of this server's own, with Svix's words where it has them. */
import { z } from "@hono/zod-openapi";
import {
  type Recovered,
  type SentAttempt,
  type SentEvent,
  sentStates,
} from "../../../../domain/notify/webhooks/index.ts";
import { MAX_RECOVERED, RECOVERED_PER_SECOND } from "../../../../domain/notify/webhooks/limits.ts";
import { moment, present, timestamp, wire } from "./common.ts";
import { createdAt, organizationId, podId } from "./fields.ts";
import { sample } from "./sample.ts";
import { eventType } from "./webhook.ts";

const outcomes = [
  "delivered",
  "refused",
  "timeout",
  "connection",
  "dns",
  "tls",
  "refused_target",
  "nothing_to_tell",
] as const;

const outcome = z.enum(outcomes).openapi({
  description:
    "delivered: answered with a 2xx. refused: answered with another status. timeout, connection, dns, tls: there was no answer, for that reason. refused_target: its URL leads to an address that is not called. nothing_to_tell: no request was made, as the message was deleted or the webhook may not be told of it.",
  example: "refused",
});
const statusCode = z.int().openapi({
  description: "HTTP status of the answer; absent when there was none.",
  example: 503,
});
const response = z.string().openapi({
  description:
    "The beginning of the answer's body, as text: 2,048 bytes at most; absent when there was none.",
  example: "upstream is down",
});
const error = z.string().openapi({
  description: "Why there was no answer.",
  example: "no answer within 15 s",
});
const attempts = z.int().openapi({ description: "Attempts that were made.", example: 2 });

export const v0WebhookEvent = z
  .object({
    organization_id: organizationId,
    pod_id: podId,
    inbox_id: z.string().optional().openapi({
      description: "Address of the inbox it is about; absent when it is about none, or that was deleted.",
      example: sample.inbox,
    }),
    event_id: z.uuid().openapi({
      description: "The event's id, as event_id in the body has it; svix-id is msg_ and its 32 hex digits.",
      example: sample.eventId,
    }),
    event_type: eventType.openapi({ description: "What happened." }),
    message_id: z.string().optional().openapi({
      description: "The message it is about; absent when it is about none, or that was deleted.",
      example: sample.messageId,
    }),
    state: z.enum(sentStates).openapi({
      description:
        "pending: an attempt is under way or still to be made. delivered: the webhook answered with a 2xx. failed: given up, as all attempts failed, the webhook was disabled or asked not to be sent it again, or there was nothing to tell.",
      example: "pending",
    }),
    attempts,
    next_attempt_at: timestamp.optional().openapi({
      description: "When it is tried next, or must have been tried; absent when none is to come.",
    }),
    attempted_at: timestamp
      .optional()
      .openapi({ description: "When the last attempt ended; absent before the first." }),
    outcome: outcome.optional(),
    response_status_code: statusCode.optional(),
    response: response.optional().openapi({
      description:
        "The beginning of the last answer's body, as text: 2,048 bytes at most. It is not in lists.",
    }),
    error: error
      .optional()
      .openapi({ description: "Why there was no answer to the last attempt. It is not in lists." }),
    created_at: createdAt,
  })
  .openapi("WebhookEvent", {
    title: "Event at a webhook",
    description:
      "An event that a webhook was sent or is to be sent, with its state there and the last attempt.",
    example: {
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      inbox_id: sample.inbox,
      event_id: sample.eventId,
      event_type: "message.received",
      message_id: sample.messageId,
      state: "pending",
      attempts: 2,
      next_attempt_at: sample.later,
      attempted_at: sample.at,
      outcome: "refused",
      response_status_code: 503,
      created_at: sample.at,
    },
  });

/** The body of an answer, or why there was none: which of both a row's detail is, its status says. */
const detailOf = ({ status, detail }: Pick<SentAttempt, "status" | "detail">): Record<string, unknown> =>
  status === null ? { error: detail } : { response: detail };

export const toV0WebhookEvent = (event: SentEvent): Record<string, unknown> =>
  present({
    ...wire(event, ["organizationId", "podId"]),
    inbox_id: event.inboxAddress,
    event_id: event.eventId,
    event_type: event.type,
    ...wire(event, ["messageId", "state", "attempts", "nextAttemptAt", "attemptedAt", "outcome"]),
    response_status_code: event.status,
    ...detailOf(event),
    created_at: event.at.toISOString(),
  });

export const keptSince = timestamp.optional().openapi({
  description:
    "Events from before then were deleted, with their attempts, unless they are still to be delivered; absent where they are kept for ever.",
  example: sample.at,
});

export const v0WebhookAttempt = z
  .object({
    attempt: z.int().openapi({ description: "Its number: 1 is the first.", example: 2 }),
    outcome,
    response_status_code: statusCode.optional(),
    response_duration_ms: z.int().openapi({
      description: "Milliseconds that it took, name and connection among them.",
      example: 37,
    }),
    response: response.optional(),
    error: error.optional(),
    timestamp: timestamp.openapi({ description: "When it ended." }),
  })
  .openapi("WebhookAttempt", {
    title: "Attempt at a webhook",
    description: "One request that was to tell a webhook of an event, and what came of it.",
    example: {
      attempt: 2,
      outcome: "refused",
      response_status_code: 503,
      response_duration_ms: 37,
      response: "upstream is down",
      timestamp: sample.at,
    },
  });

export const toV0WebhookAttempt = (attempt: SentAttempt): Record<string, unknown> =>
  present({
    ...wire(attempt, ["attempt", "outcome"]),
    response_status_code: attempt.status,
    response_duration_ms: attempt.durationMs,
    ...detailOf(attempt),
    timestamp: attempt.at.toISOString(),
  });

export const recoverBody = z
  .object({
    since: moment.openapi({
      description: "Events from this moment on: ISO 8601 with Z or an offset.",
      example: sample.at,
    }),
    until: moment.optional().openapi({
      description: "Only those before this moment; until now when absent.",
      example: sample.later,
    }),
  })
  .openapi("RecoverWebhookRequest", {
    title: "What a webhook failed to take",
    example: { since: sample.at },
  });

export const v0Recovered = z
  .object({
    count: z.int().openapi({
      description: `Events that are sent again: ${MAX_RECOVERED} at most, the oldest first, ${RECOVERED_PER_SECOND} a second.`,
      example: 240,
    }),
    has_more: z.boolean().openapi({
      description: "True: more failed then. The same request once more has the next ones sent.",
      example: false,
    }),
  })
  .openapi("RecoverWebhookResponse", { title: "What a webhook is sent again" });

export const toV0Recovered = ({ count, hasMore }: Recovered): Record<string, unknown> => ({
  count,
  has_more: hasMore,
});

/** Of an event: its id, or that of its requests (svix-id). For anything else a text that is no id. */
export function fromEventId(wire: string): string {
  const match = /^msg_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(wire);
  return match === null ? wire : match.slice(1).join("-");
}
