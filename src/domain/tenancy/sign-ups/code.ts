/** The code that a human is mailed: six digits, of which only an HMAC is stored. */
import type { Job } from "../../../storage/jobs.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { CODE_LIFE_MS, MAX_CODE_TRIES, MAX_CODES_PER_DAY } from "./limits.ts";
import { dayOf, needsCode, type SignUp } from "./sign-up.ts";
import { lockSignUp, saveSignUp, verifyOrganization } from "./store.ts";

const PURPOSE = "sign-up-code";
const DIGITS = 6;

/** Has a worker make a code, and mail it. */
export const codeJob = (organizationId: string): Job => ({
  task: "mail_sign_up_code",
  payload: { organizationId },
  key: `sign_up_code:${organizationId}`,
});

/** Codes of two organizations are told apart. */
const coded = (organizationId: string, code: string): string => `${organizationId} ${code}`;

export interface CodeToMail {
  readonly humanEmail: string;
  readonly code: string;
}

/** Makes a code in place of the one before; null when there is nobody to mail it to, or that was done, or often enough today. */
export const makeCode = operation({
  name: "organization.make_code",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  async run(context, _input: undefined): Promise<CodeToMail | null> {
    const { tx, scope, now, sealer } = context;
    const signUp = await lockSignUp(tx, scope);
    if (signUp === null || signUp.humanEmail === null || signUp.verifiedAt !== null) return null;
    const codes = signUp.codesOn === dayOf(now) ? signUp.codes : 0;
    if (!needsCode(signUp, now) || codes >= MAX_CODES_PER_DAY) return null;
    const code = digitsOf(context);
    await saveSignUp(tx, scope, {
      ...signUp,
      codeHmac: sealer.sign(coded(signUp.organizationId, code), PURPOSE),
      codeExpiresAt: new Date(now.getTime() + CODE_LIFE_MS),
      codeMailedAt: null,
      codeTries: 0,
      codes: codes + 1,
      codesOn: dayOf(now),
    });
    return { humanEmail: signUp.humanEmail, code };
  },
});

/** Each code as likely as any other: numbers from the end that would make the first ones likelier are drawn again. */
function digitsOf({ random }: Pick<Context, "random">): string {
  const count = 10 ** DIGITS;
  for (;;) {
    const drawn = Buffer.from(random(4)).readUInt32BE();
    if (drawn < Math.floor(2 ** 32 / count) * count) return String(drawn % count).padStart(DIGITS, "0");
  }
}

/** Says that the code is on its way. */
export const codeMailed = operation({
  name: "organization.code_mailed",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  async run({ tx, scope, now }, _input: undefined): Promise<void> {
    const signUp = await lockSignUp(tx, scope);
    if (signUp !== null) await saveSignUp(tx, scope, { ...signUp, codeMailedAt: now });
  },
});

/** A failure is given back, not thrown: the try at the code is counted all the same, and no two tries see one count. */
export type Verified = { readonly isVerified: true } | { readonly isVerified: false; readonly why: Failure };

/** Lifts the bounds of an organization that an agent made. Of ten wrong codes on, no code is taken until another was mailed. */
export const verifySignUp = operation({
  name: "organization.verify",
  needs: ["agent_verify"],
  on: "organization",
  kind: "write",
  fails: ["limit.exceeded"],
  async run(context, { code }: { readonly code: string }): Promise<Verified> {
    const { tx, scope, now, sealer } = context;
    const signUp = await lockSignUp(tx, scope);
    if (signUp === null || signUp.verifiedAt !== null) throw fail("permission.missing", nothingToVerify);
    context.target(signUp.organizationId);
    if (signUp.codeTries >= MAX_CODE_TRIES) return { isVerified: false, why: tooManyTries(signUp) };
    const { codeHmac, codeExpiresAt } = signUp;
    const isRight =
      codeHmac !== null &&
      codeExpiresAt !== null &&
      codeExpiresAt > now &&
      sealer.verify(coded(signUp.organizationId, code.trim()), codeHmac, PURPOSE);
    const after = isRight
      ? { ...signUp, verifiedAt: now, codeHmac: null, codeExpiresAt: null }
      : { ...signUp, codeTries: signUp.codeTries + 1 };
    await saveSignUp(tx, scope, after);
    if (!isRight) return { isVerified: false, why: wrongCode() };
    await verifyOrganization(tx, scope, now);
    context.keysChanged(null);
    return { isVerified: true };
  },
});

const nothingToVerify = {
  message: "There is nothing to verify",
  hint: "Only an organization that an agent made by signing up is verified, and once.",
};

const wrongCode = (): Failure =>
  invalid(
    ["code"],
    says`${field("code")} is wrong or has expired`,
    "Give the six digits of the newest mail; sign up again for the same person to have another one mailed once it has expired.",
  );

const tooManyTries = ({ codeExpiresAt }: SignUp): Failure =>
  fail("limit.exceeded", {
    message: "Too many wrong codes",
    hint: `No code is taken until this one has expired${codeExpiresAt === null ? "" : `, at ${codeExpiresAt.toISOString()}`}, and another was mailed.`,
    limit: { resource: "code", count: MAX_CODE_TRIES },
  });
