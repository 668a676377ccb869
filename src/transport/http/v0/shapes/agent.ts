import { z } from "@hono/zod-openapi";
import type { SignedUp } from "../../../../domain/tenancy/sign-ups/index.ts";
import { MAX_SOURCE_LENGTH } from "../../../../domain/tenancy/sign-ups/limits.ts";
import { freeText } from "./common.ts";
import { organizationId } from "./fields.ts";
import { sample } from "./sample.ts";

const human = z.string().openapi({
  description: "Address of the person who answers for the agent: not on this server, and nobody else's here.",
  example: sample.human,
});

const origin = (what: string) =>
  z.string().max(MAX_SOURCE_LENGTH).optional().openapi({ description: what, maxLength: MAX_SOURCE_LENGTH });

export const signUpBody = z
  .object({
    human_email: human.optional().openapi({
      description:
        "Address of the person who answers for the agent, not on this server. Absent: the inbox only receives, until one is named.",
    }),
    username: z.string().openapi({
      description: "The part of the inbox's address before the @; a repeated sign-up keeps the one it had.",
      minLength: 1,
      maxLength: 64,
      example: "scout",
    }),
    source: origin("What the agent runs on; kept for the operator."),
    referrer: origin("What led it here; kept for the operator."),
  })
  .openapi("AgentSignupRequest", {
    title: "Agent to sign up",
    example: { human_email: sample.human, username: "scout" },
  });

export const v0SignedUp = z
  .object({
    organization_id: organizationId,
    inbox_id: z.string().openapi({ description: "Address of its inbox.", example: sample.inbox }),
    api_key: z.string().openapi({
      description: "Its key, for all of the organization. Shown this once; keep it.",
      example: sample.apiKey,
    }),
  })
  .openapi("AgentSignupResponse", {
    title: "Agent that signed up",
    example: { organization_id: sample.organizationId, inbox_id: sample.inbox, api_key: sample.apiKey },
  });

export const verifyBody = z
  .object({
    otp_code: freeText.openapi({
      description: "The six digits of the mail.",
      example: "042137",
    }),
  })
  .openapi("AgentVerifyRequest", { title: "Code to verify with", example: { otp_code: "042137" } });

export const v0Verified = z
  .object({ verified: z.boolean().openapi({ description: "True." }) })
  .openapi("AgentVerifyResponse", { title: "Verified", example: { verified: true } });

export const attachHumanBody = z.object({ human_email: human }).openapi("AgentAttachHumanRequest", {
  title: "Human to name",
  example: { human_email: sample.human },
});

export const v0AttachedHuman = z
  .object({
    human_email: human.openapi({ description: "The address that the code is mailed to." }),
    instructions: z.string().openapi({ description: "What to do next." }),
  })
  .openapi("AgentAttachHumanResponse", {
    title: "Human that was named",
    example: { human_email: sample.human, instructions: "Ask the person for the code." },
  });

export const toV0SignedUp = (signedUp: SignedUp): Record<string, unknown> => ({
  organization_id: signedUp.organizationId,
  inbox_id: signedUp.inboxAddress,
  api_key: signedUp.secret,
});

export const toV0AttachedHuman = ({ humanEmail }: { readonly humanEmail: string }) => ({
  human_email: humanEmail,
  instructions: `A code of six digits is mailed to ${humanEmail}. Ask for it, and send it to POST /v0/agent/verify as otp_code.`,
});
