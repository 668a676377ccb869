import { z } from "@hono/zod-openapi";
import {
  type Delivery,
  deliveryStates,
  type InboxStanding,
  type PodStanding,
  type QueuedDomain,
  type RecipientOutcome,
} from "../../../../domain/transit/outbound/index.ts";
import { present, timestamp, wire } from "./common.ts";
import { createdAt, inboxId, messageId, organizationId, podId, updatedAt } from "./fields.ts";
import { sample } from "./sample.ts";

const state = z.enum(deliveryStates).openapi({
  description:
    "queued: not tried yet. sending: an attempt is under way. deferred: tried, and to be tried again. sent: the other server took it. complained: so, and a recipient complained of it. delivered: it is in an inbox here. bounced: rejected permanently, or for as long as it is tried, at once or in a report that came back later. failed: given up without any server's word, cancelled, or not tried any more as the recipient was suppressed meanwhile. captured: kept here, as outbound mail was off.",
  example: "deferred",
});

const count = (description: string, example = 1) => z.int().openapi({ description, example });

const recipient = z
  .object({
    address: z.string().openapi({ description: "The recipient's address.", example: "ada@example.org" }),
    state,
    code: z.int().optional().openapi({ description: "SMTP reply code of the last attempt.", example: 450 }),
    enhanced_code: z
      .string()
      .optional()
      .openapi({ description: "Enhanced status code (RFC 3463).", example: "4.2.0" }),
    reply: z
      .string()
      .optional()
      .openapi({ description: "What the other server said.", example: "Greylisted, try again later" }),
  })
  .openapi("DeliveryRecipient", { title: "Recipient of a delivery" });

export const v0Delivery = z
  .object({
    delivery_id: z.uuid().openapi({ description: "The delivery's id.", example: sample.deliveryId }),
    organization_id: organizationId,
    pod_id: podId,
    inbox_id: inboxId.optional().openapi({
      description: "The sender: the address of its inbox; absent when that was deleted.",
    }),
    message_id: messageId.optional().openapi({
      description: "The message; absent when it was deleted.",
    }),
    domain: z.string().openapi({ description: "Domain of the recipients.", example: "example.org" }),
    state,
    recipients: z.array(recipient).openapi({ description: "Its recipients, each with its own state." }),
    attempts: count("Attempts begun."),
    doubts: count(
      "Of those, the ones whose outcome is unknown, as a process or a connection ended before it was recorded: each may have arrived.",
      0,
    ),
    next_attempt_at: timestamp.optional().openapi({
      description: "When it is tried next, or must have been tried; absent when its state is final.",
    }),
    expires_at: timestamp.optional().openapi({ description: "When it is given up, while it waits." }),
    attempted_at: timestamp.optional().openapi({ description: "When it was last tried." }),
    code: z.int().optional().openapi({ description: "SMTP reply code of the last attempt.", example: 450 }),
    enhanced_code: z.string().optional().openapi({ description: "Enhanced status code.", example: "4.2.0" }),
    reply: z
      .string()
      .optional()
      .openapi({ description: "What the other server said.", example: "Greylisted" }),
    mx: z.string().optional().openapi({ description: "Host that was spoken to.", example: "mx.example.org" }),
    mx_address: z.string().optional().openapi({ description: "Its address.", example: "203.0.113.25" }),
    tls: z
      .string()
      .optional()
      .openapi({ description: "Version of TLS; absent without.", example: "TLSv1.3" }),
    detail: z
      .string()
      .optional()
      .openapi({ description: "Why it is where it is, when no server's reply says so." }),
    created_at: createdAt,
    updated_at: updatedAt,
  })
  .openapi("Delivery", {
    title: "Delivery",
    description: "A message on its way to the recipients of one domain, or to one inbox here.",
    example: {
      delivery_id: sample.deliveryId,
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      inbox_id: sample.inbox,
      message_id: sample.sentMessageId,
      domain: "example.org",
      state: "deferred",
      recipients: [{ address: "ada@example.org", state: "deferred", code: 450, reply: "Greylisted" }],
      attempts: 1,
      doubts: 0,
      next_attempt_at: sample.later,
      attempted_at: sample.at,
      created_at: sample.at,
      updated_at: sample.at,
    },
  });

const toRecipient = (one: RecipientOutcome): Record<string, unknown> =>
  present({ ...wire(one, ["address", "state", "code", "enhancedCode", "reply"]) });

export const toV0Delivery = (delivery: Delivery): Record<string, unknown> =>
  present({
    delivery_id: delivery.id,
    ...wire(delivery, ["organizationId", "podId"]),
    inbox_id: delivery.inboxAddress,
    ...wire(delivery, ["messageId", "domain", "state"]),
    recipients: delivery.recipients.map(toRecipient),
    ...wire(delivery, ["attempts", "doubts", "nextAttemptAt", "expiresAt", "attemptedAt"]),
    code: delivery.replyCode,
    ...wire(delivery, [
      "enhancedCode",
      "reply",
      "mx",
      "mxAddress",
      "tls",
      "detail",
      "createdAt",
      "updatedAt",
    ]),
  });

const queuedDomain = z
  .object({
    domain: z.string().openapi({ description: "Domain of the recipients.", example: "example.org" }),
    queued: count("Deliveries not tried yet."),
    sending: count("Deliveries whose attempt is under way.", 0),
    deferred: count("Deliveries to be tried again.", 0),
    oldest_at: timestamp.openapi({ description: "Since when the one waits that waits longest." }),
    next_attempt_at: timestamp.openapi({ description: "When the next one is due." }),
    why: z
      .string()
      .optional()
      .openapi({ description: "What is known of why they wait.", example: "450 4.2.0 Greylisted" }),
  })
  .openapi("QueuedDomain", { title: "What waits for one domain" });

export const v0Queue = z
  .object({
    count: z.int().openapi({ description: "Domains listed.", example: 1 }),
    domains: z
      .array(queuedDomain)
      .openapi({ description: "Those with most waiting first, a thousand at most." }),
  })
  .openapi("Queue", { title: "What waits for other servers" });

export const toV0QueuedDomain = (one: QueuedDomain): Record<string, unknown> =>
  present({
    ...wire(one, ["domain", "queued", "sending", "deferred", "oldestAt", "nextAttemptAt", "why"]),
  });

const rate = (description: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description}, 0 to 1; null when nothing was sent.`, example: 0.02 });

export const v0Standing = z
  .object({
    pod_id: podId,
    status: z.enum(["good", "warned", "suspended"]).openapi({
      description: "suspended: what is for other servers is refused, and what is queued waits.",
      example: "good",
    }),
    sent: count("Recipients at other servers in the last 24 hours.", 1200),
    bounced: count("Of those, how many bounced.", 24),
    complained: count("Of those, how many led to complaints.", 0),
    bounce_rate: rate("Bounces"),
    complaint_rate: rate("Complaints"),
    warned_at: timestamp.optional().openapi({ description: "Since when it is warned." }),
    suspended_at: timestamp.optional().openapi({ description: "Since when it is suspended." }),
    reason: z.string().optional().openapi({ description: "Which rate it was." }),
  })
  .openapi("SendingStanding", {
    title: "A pod's standing as a sender",
    description:
      "From 1,000 recipients in 24 hours on, a pod is warned when 5 % bounce or complain, and suspended at 10 %, until an operator resumes it.",
  });

export const v0InboxStanding = z
  .object({
    pod_id: podId,
    inbox_id: inboxId,
    status: z.enum(["good", "warned", "suspended"]).openapi({
      description:
        "warned: 5 % or more of its mail bounced. suspended: what is for other servers is refused, and what is queued waits.",
      example: "good",
    }),
    sent: count("Recipients at other servers in the last 24 hours.", 120),
    bounced: count("Of those, how many bounced.", 2),
    complained: count("Of those, how many led to complaints.", 0),
    bounce_rate: rate("Bounces"),
    complaint_rate: rate("Complaints"),
    suspended_at: timestamp.optional().openapi({ description: "Since when it is suspended." }),
    suspended_until: timestamp.optional().openapi({ description: "When its suspension ends by itself." }),
    reason: z.string().optional().openapi({ description: "Which rate it was." }),
  })
  .openapi("InboxSendingStanding", {
    title: "An inbox's standing as a sender",
    description:
      "From 100 recipients in 24 hours on, an inbox is warned when 5 % bounce, and suspended for a day when 10 % bounce or 0.5 %, three at least, complain.",
  });

export const toV0InboxStanding = (standing: InboxStanding): Record<string, unknown> => ({
  ...present({
    ...wire(standing, ["podId"]),
    inbox_id: standing.address,
    ...wire(standing, ["status", "sent", "bounced", "complained", "suspendedAt", "suspendedUntil", "reason"]),
  }),
  ...wire(standing, ["bounceRate", "complaintRate"]),
});

export const toV0Standing = (standing: PodStanding): Record<string, unknown> => ({
  ...present({
    ...wire(standing, ["podId"]),
    status: standing.suspendedAt !== null ? "suspended" : standing.warnedAt !== null ? "warned" : "good",
    ...wire(standing, ["sent", "bounced", "complained", "warnedAt", "suspendedAt", "reason"]),
  }),
  ...wire(standing, ["bounceRate", "complaintRate"]),
});
