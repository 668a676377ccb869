/** What is said of a scanner's verdict on a message. Mail is not scanned here, so that there is none. */
import { z } from "@hono/zod-openapi";
import { commentOnVerdict, releaseHeldMessage } from "../../../domain/tenancy/absent/index.ts";
import { MAX_VERDICT_NOTE_LENGTH } from "../../../domain/tenancy/absent/limits.ts";
import { fromWire } from "../dialect/naming.ts";
import { type RefusedRoute, route } from "../dialect/route.ts";
import { messageIdOf, one } from "./sends.ts";
import { freeText } from "./shapes/common.ts";

const notScanned: RefusedRoute = { status: 409, because: "mail is not scanned on this server." };

const feedbackBody = z
  .object({
    feedback: z
      .enum([
        "correct_review",
        "incorrect_review",
        "missed_threat",
        "legitimate_agent_instruction",
        "spam_or_phishing",
      ])
      .openapi({ description: "What is thought of the verdict.", example: "incorrect_review" }),
    notes: freeText.optional().openapi({
      description: `More about it: ${MAX_VERDICT_NOTE_LENGTH} characters at most.`,
      maxLength: MAX_VERDICT_NOTE_LENGTH,
    }),
  })
  .openapi("AgentArmorFeedbackRequest", {
    title: "Comment on a scanner's verdict",
    example: { feedback: "incorrect_review" },
  });

const releaseBody = z
  .object({
    reason: freeText.openapi({
      description: `Why: 1 to ${MAX_VERDICT_NOTE_LENGTH} characters, not blank.`,
      minLength: 1,
      maxLength: MAX_VERDICT_NOTE_LENGTH,
      example: "Known sender",
    }),
  })
  .openapi("AgentArmorReleaseRequest", {
    title: "Reason to release a message",
    example: { reason: "Known sender" },
  });

export const armorRoutes = [
  route({
    method: "post",
    path: `${one}/agent-armor/feedback`,
    name: "inboxes.messages.createAgentArmorFeedback",
    isOwn: true,
    refused: notScanned,
    summary: "Comment on a scanner's verdict",
    description: "Says whether a scanner's verdict on the message was right.",
    body: feedbackBody,
    does: commentOnVerdict,
    input: ({ params, body }) => ({ messageId: messageIdOf(params), ...fromWire({ notes: body.notes }) }),
  }),
  route({
    method: "post",
    path: `${one}/agent-armor/release`,
    name: "inboxes.messages.releaseAgentArmorMessage",
    isOwn: true,
    refused: notScanned,
    summary: "Release a held message",
    description: "Lets a message through that a scanner holds.",
    body: releaseBody,
    does: releaseHeldMessage,
    input: ({ params, body }) => ({ messageId: messageIdOf(params), reason: body.reason }),
  }),
];
