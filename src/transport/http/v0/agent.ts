/** Agents that sign up by themselves, and the human who confirms them (contract 15). */
import { attachHuman, signUp, verifySignUp } from "../../../domain/tenancy/sign-ups/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { route } from "../dialect/route.ts";
import {
  attachHumanBody,
  signUpBody,
  toV0AttachedHuman,
  toV0SignedUp,
  v0AttachedHuman,
  v0SignedUp,
  v0Verified,
  verifyBody,
} from "./shapes/agent.ts";

export const agent = noun({
  name: "agent",
  title: "Agents that sign up",
  about: "How an agent gets an organization, an inbox and a key by itself, where the operator allows it.",
  parameters: {},
  routes: [
    route({
      method: "post",
      path: "/v0/agent/sign-up",
      name: "agent.signUp",
      summary: "Sign up",
      description:
        "Makes an organization with one inbox and its key. The human that is named is mailed a code of six digits; until it comes back the inbox receives, and writes to that human alone. Again for the same human, until then: the key is replaced, and the one before is dead. Without a human each request makes another organization, whose inbox only receives. Answered with 403 where the operator does not allow it, which is the default.",
      body: signUpBody,
      does: signUp,
      newcomer: ({ body, network }) => ({ humanEmail: body.human_email ?? null, network }),
      input: ({ body, network }) => ({ ...fromWire(body), network }),
      answer: v0SignedUp,
      present: toV0SignedUp,
    }),
    route({
      method: "post",
      path: "/v0/agent/verify",
      name: "agent.verify",
      summary: "Verify the organization",
      description:
        "Lifts the bounds of an organization that an agent made, with the code that its human was mailed: it works for a day, and after ten wrong ones no more.",
      body: verifyBody,
      does: verifySignUp,
      fields: { code: ["otp_code"] },
      input: ({ body }) => ({ code: body.otp_code }),
      answer: v0Verified,
      present(outcome) {
        if (!outcome.isVerified) throw outcome.why;
        return { verified: true };
      },
    }),
    route({
      method: "post",
      path: "/v0/agent/human",
      name: "agent.attachHuman",
      isOwn: true,
      summary: "Name the human",
      description:
        "Names the human of an organization that is not verified, or another one, twice at most, and mails a code. The key stays.",
      body: attachHumanBody,
      does: attachHuman,
      input: ({ body }) => ({ humanEmail: body.human_email }),
      answer: v0AttachedHuman,
      present: toV0AttachedHuman,
    }),
  ],
});
