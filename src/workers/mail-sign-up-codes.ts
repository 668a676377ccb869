/** Job: mail the human of an agent that signed up a code, from the operator's postmaster. */
import { organizationActor } from "../domain/door/access/index.ts";
import type { Installation } from "../domain/door/context.ts";
import type { Door } from "../domain/door/door.ts";
import { Failure } from "../domain/door/failures.ts";
import { createInbox } from "../domain/tenancy/inboxes/index.ts";
import { type CodeToMail, codeMailed, makeCode } from "../domain/tenancy/sign-ups/index.ts";
import { sendMessage } from "../domain/transit/sends/index.ts";
import type { Task } from "../storage/job-runner.ts";

export interface CodeMailing {
  readonly door: Door;
  readonly installation: Installation;
}

const PART = "sign-up";

/**
 * What fails is tried again, with another code: none is stored that could be mailed once more. It is mailed by the same send as any mail, so
 * that it is captured where nothing leaves, and the operator can read it there.
 */
export const mailSignUpCodeTask =
  (parts: CodeMailing): Task =>
  async (payload) => {
    const organizationId = String(payload["organizationId"]);
    const actor = organizationActor(PART, organizationId);
    const code = await parts.door.run(makeCode, actor, {}, undefined);
    if (code === null) return;
    await mail(parts, code);
    await parts.door.run(codeMailed, actor, {}, undefined);
  };

async function mail({ door, installation }: CodeMailing, { humanEmail, code }: CodeToMail): Promise<void> {
  const { organizationId, domain } = installation;
  // The operator may have made the inbox in any pod; at need it is made in the Default Pod.
  const actor = organizationActor(PART, organizationId);
  const inbox = `postmaster@${domain}`;
  const message = {
    to: [humanEmail],
    subject: `${code} is the code of your agent`,
    text: textOf(code, domain),
    headers: { "Auto-Submitted": "auto-generated" },
    labels: ["sign-up"],
    idempotencyKey: null,
  };
  try {
    await door.run(sendMessage, actor, { inbox }, message);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "inbox.not_found")) throw error;
    await door.run(createInbox, actor, {}, { username: "postmaster", displayName: "Postmaster" });
    await door.run(sendMessage, actor, { inbox }, message);
  }
}

const textOf = (code: string, domain: string): string =>
  [
    `An agent signed up for an inbox at ${domain} and named you as the person who answers for it.`,
    "",
    `Its code is ${code}. Give it to the agent if you know it: from then on it may write to anybody.`,
    "The code works for a day. If you know nothing of this, do nothing: without it the agent can write to you alone.",
    "",
  ].join("\n");
