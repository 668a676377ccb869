/** Fields that several objects have, each with the sentence that documents it. */
import { z } from "@hono/zod-openapi";
import { MAX_LABEL_LENGTH, MAX_LABELS } from "../../../../domain/limits.ts";
import { MAX_CLIENT_ID_LENGTH } from "../../../../domain/tenancy/client-ids/limits.ts";
import { timestamp } from "./common.ts";
import { sample } from "./sample.ts";

export const organizationId = z.uuid().openapi({
  description: "The organization it belongs to; the same in everything that a key can reach.",
  example: sample.organizationId,
});

export const podId = z.uuid().openapi({
  description: "The pod it belongs to. The Default Pod has the id of the organization.",
  example: sample.podId,
});

export const inboxId = z.string().openapi({
  description: "The inbox it belongs to: its address, in lower case.",
  example: sample.inbox,
});

export const threadId = z.uuid().openapi({
  description: "The thread it belongs to. Threads never span inboxes.",
  example: sample.threadId,
});

export const messageId = z.string().openapi({
  description:
    "RFC 5322 Message-ID with its angle brackets, unique within the inbox: the sender's own for received mail, this server's for sent mail. Another mail under a Message-ID that the inbox holds gets one of this server's; its headers have the one it was sent under. Percent-encode it in a path.",
  example: sample.messageId,
});

/** @param what the noun, e.g. "pod" @param within what the name is unique in */
export const newClientId = (what: string, within: string) =>
  z.string().openapi({
    description: `Your own name for the ${what}, which makes creating it idempotent: with one that was used before, the answer is the ${what} created then and the rest of the body is ignored. 1 to ${MAX_CLIENT_ID_LENGTH} of the characters A-Z a-z 0-9 - . _ ~; unique within ${within}, and free again when the ${what} is deleted.`,
    pattern: "^[A-Za-z0-9\\-._~]+$",
    maxLength: MAX_CLIENT_ID_LENGTH,
  });

export const clientId = z.string().openapi({
  description: "The client_id it was created with; absent when there was none.",
});

export const createdAt = timestamp.openapi({
  description: "When it was created on this server: UTC, to the millisecond.",
});

export const updatedAt = timestamp.openapi({
  description: "When it last changed; the same as created_at until it does.",
});

export const labels = z.array(z.string()).openapi({
  description:
    "Labels, in no order. The server sets received, sent, bounced, captured, scheduled, complained and opened; unread is set on arrival, for you to remove; all others are your own.",
  example: ["received", "unread"],
});

/** What a list of labels in a body may hold. */
export const labelRules = `1 to ${MAX_LABEL_LENGTH} characters each, ${MAX_LABELS} at most on one message; those that only the system sets (sent, received, bounced, scheduled, complained, opened, captured) are refused.`;
