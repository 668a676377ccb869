import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { codeJob } from "./code.ts";
import { checkHuman, humanTaken, requireOutsider } from "./human.ts";
import { MAX_HUMANS_REPLACED } from "./limits.ts";
import { needsCode, type SignUp } from "./sign-up.ts";
import { lockSignUp, saveSignUp } from "./store.ts";

/**
 * Names the human of an organization that is not verified, or another one in its place, and mails a code. The same one again is mailed
 * another only when the code never left or has expired. No key is changed by it.
 */
export const attachHuman = operation({
  name: "organization.attach_human",
  needs: ["agent_verify"],
  on: "organization",
  kind: "write",
  fails: ["human.taken", "object.conflict"],
  check: ({ humanEmail }: { readonly humanEmail: string }) => ({ human: checkHuman(humanEmail) }),
  async run(context, { human }): Promise<{ readonly humanEmail: string }> {
    const { tx, scope, now } = context;
    await requireOutsider(context, human);
    const found = await lockSignUp(tx, scope);
    if (found === null || found.verifiedAt !== null)
      throw fail("permission.missing", {
        message: "No human can be attached any more",
        hint: "Only an organization that an agent made, and that is not verified, is given a human.",
      });
    context.target(human);
    const signUp = found.humanEmail === human ? found : replaced(found, human);
    if (!(await saveSignUp(tx, scope, signUp))) throw humanTaken();
    if (needsCode(signUp, now)) context.enqueue(codeJob(scope.organizationId));
    return { humanEmail: human };
  },
});

/** @throws Failure object.conflict */
function replaced(found: SignUp, human: string): SignUp {
  const humansReplaced = found.humansReplaced + (found.humanEmail === null ? 0 : 1);
  if (humansReplaced > MAX_HUMANS_REPLACED)
    throw fail("object.conflict", {
      message: "The human was replaced too often",
      hint: `It may be ${MAX_HUMANS_REPLACED} times: verify with the code that the last one was mailed.`,
    });
  // What was mailed to the one before confirms nothing any more.
  return {
    ...found,
    humanEmail: human,
    humansReplaced,
    codeHmac: null,
    codeExpiresAt: null,
    codeMailedAt: null,
  };
}
