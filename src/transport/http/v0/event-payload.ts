/** The body of a webhook in AgentMail's words, and its signature (contract 12.1). */
import type { StoredEvent, WebhookFormat } from "../../../domain/notify/webhooks/index.ts";
import type { DescribedDomain } from "../../../domain/tenancy/domains/index.ts";
import { webhookHeaders } from "../../../protocols/webhooks/signature.ts";
import { toV0Domain } from "./shapes/domain.ts";
import { toV0Message, toV0MessageHead } from "./shapes/message.ts";
import { toV0ThreadItem } from "./shapes/thread.ts";

/** @param slim without the message's bodies. @returns null when the message is gone */
function toV0Event(event: StoredEvent, slim: boolean): object | null {
  const payload = payloadOf(event, slim);
  return payload === null
    ? null
    : {
        type: "event",
        event_type: event.type,
        event_id: event.id,
        organization_id: event.organizationId,
        pod_id: event.podId,
        ...payload,
      };
}

function payloadOf(event: StoredEvent, slim: boolean): object | null {
  const { type, message, thread } = event;
  if (type === "domain.verified") return { domain: domainOf(event) };
  if (type === "thread.loop_cut") return { loop: loopOf(event) };
  if (message === null) return null;
  const about = {
    organization_id: event.organizationId,
    pod_id: event.podId,
    inbox_id: message.inboxAddress,
    thread_id: message.threadId,
    message_id: message.messageId,
    timestamp: event.at.toISOString(),
  };
  switch (type) {
    case "message.received":
    case "message.received.spam":
    case "message.received.blocked":
    case "message.received.unauthenticated": {
      const wire = slim ? toV0MessageHead(message) : toV0Message(message);
      return thread === null
        ? null
        : { message: { ...wire, from_: message.from }, thread: toV0ThreadItem(thread) };
    }
    case "message.sent":
      return { send: { ...about, recipients: event.data["recipients"] ?? [] } };
    case "message.delivered":
      return { delivery: { ...about, recipients: event.data["recipients"] ?? [] } };
    case "message.bounced":
      // Clients need sub_type even when nothing is known (contract 9.8).
      return {
        bounce: {
          ...about,
          type: event.data["type"] ?? "Undetermined",
          sub_type: event.data["subType"] ?? "",
          recipients: event.data["recipients"] ?? [],
        },
      };
    case "message.complained":
      return {
        complaint: {
          ...about,
          type: event.data["type"] ?? "abuse",
          sub_type: event.data["subType"] ?? "",
          recipients: event.data["recipients"] ?? [],
        },
      };
    case "message.rejected":
      return { reject: { ...about, reason: event.data["reason"] ?? "" } };
    case "message.opened":
      return { open: about };
  }
}

const loopOf = ({ organizationId, podId, at, data }: StoredEvent): object => ({
  organization_id: organizationId,
  pod_id: podId,
  inbox_id: data["inbox"],
  thread_id: data["threadId"],
  timestamp: at.toISOString(),
  sent: data["sent"],
  allowed: data["allowed"],
  answers_automatic: data["answersAutomatic"],
});

/** Cast: a domain as it was described when the event was written; its times have become text, which is what they are on the wire. */
const domainOf = ({ data }: StoredEvent): object => toV0Domain(data as unknown as DescribedDomain);

/** Svix's signature scheme, under its header names and those of Standard Webhooks. */
export const v0Webhooks: WebhookFormat = {
  present: toV0Event,
  sign: ({ secret, eventId, at, body }) =>
    webhookHeaders({
      secret,
      id: `msg_${eventId.replaceAll("-", "")}`,
      timestampSeconds: Math.floor(at.getTime() / 1000),
      body,
    }),
};
