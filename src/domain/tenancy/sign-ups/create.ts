import { single } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { makeApiKeys, planApiKey, revokeKeys } from "../api-keys/index.ts";
import { findInboxAddresses, isOperators, makeInboxes, planInbox } from "../inboxes/index.ts";
import { DEFAULT_POD, insertPods, nothingAttached } from "../pods/index.ts";
import { codeJob } from "./code.ts";
import { checkHuman, humanTaken, requireOutsider } from "./human.ts";
import { MAX_SOURCE_LENGTH } from "./limits.ts";
import { needsCode, type SignUp } from "./sign-up.ts";
import { foundOrganization, lockSignUp, saveSignUp } from "./store.ts";

export interface SignUpInput {
  readonly username: string;
  readonly humanEmail?: string;
  readonly source?: string;
  readonly referrer?: string;
  readonly network: string | null;
}

/** What an agent is given. */
export interface SignedUp {
  readonly organizationId: string;
  readonly inboxAddress: string;
  /** Of its key: shown this once. */
  readonly secret: string;
}

/**
 * Makes an organization with an inbox and a key for an agent, which may receive until its human confirms it, and write to that human
 * alone. Again for the same human, until then: gives the agent another key in place of the one that it had (contract 15).
 */
export const signUp = operation({
  name: "organization.sign_up",
  needs: "system",
  on: "organization",
  kind: "write",
  fails: ["feature.disabled", "human.taken", "inbox.taken", "limit.reached"],
  check(input: SignUpInput, { installation }) {
    for (const name of ["source", "referrer"] as const)
      if ((input[name]?.length ?? 0) > MAX_SOURCE_LENGTH)
        throw invalid([name], says`${field(name)} may have ${MAX_SOURCE_LENGTH} characters at most`);
    const inbox = planInbox({ username: input.username }, installation);
    if (inbox.settings instanceof Failure) throw inbox.settings;
    return {
      ...input,
      inbox,
      human: input.humanEmail === undefined ? null : checkHuman(input.humanEmail),
    };
  },
  async run(context, input): Promise<SignedUp> {
    const { tx, scope, now } = context;
    if (input.human !== null) await requireOutsider(context, input.human);
    const found = await lockSignUp(tx, scope);
    if (found === null && isOperators(input.username.toLowerCase())) throw usernameTaken(input.username);
    const signedUp = found === null ? await begin(context, input) : await again(context, found);
    context.target(signedUp.inboxAddress);
    const { signUp } = signedUp;
    if (!(await saveSignUp(tx, scope, signUp))) throw humanTaken();
    if (signUp.humanEmail !== null && needsCode(signUp, now)) context.enqueue(codeJob(scope.organizationId));
    const { inboxAddress, secret } = signedUp;
    return { organizationId: scope.organizationId, inboxAddress, secret };
  },
});

const usernameTaken = (username: string) =>
  fail("inbox.taken", {
    message: "Inbox already exists",
    hint: `${username} speaks for the whole domain: choose another username.`,
  });

type Made = Omit<SignedUp, "organizationId"> & { readonly signUp: SignUp };

async function begin(
  context: Context,
  input: SignUpInput & { readonly inbox: ReturnType<typeof planInbox>; readonly human: string | null },
): Promise<Made> {
  const { tx, scope, now } = context;
  const { organizationId } = scope;
  await foundOrganization(tx, scope, input.username, now);
  // The Default Pod has the organization's id.
  const pod = {
    ...{ id: organizationId, organizationId, name: DEFAULT_POD, clientId: null },
    ...{ pausedAt: null, suspendedAt: null, deleteAfter: null },
    ...nothingAttached,
    ...{ groupDomain: null, autoGroup: false, createdAt: now, updatedAt: now },
  };
  await insertPods(tx, scope, [pod]);
  const inbox = single(await makeInboxes(context, [{ scope, plan: input.inbox }]));
  const { key, secret } = await makeKey(context);
  return {
    inboxAddress: inbox.address,
    secret,
    signUp: {
      ...{ organizationId, inboxId: inbox.id, keyId: key.id, humanEmail: input.human, humansReplaced: 0 },
      ...{ codeHmac: null, codeExpiresAt: null, codeMailedAt: null, codeTries: 0, codes: 0, codesOn: null },
      ...{ sent: 0, sentOn: null, verifiedAt: null, createdAt: now, network: input.network },
      source: input.source ?? null,
      referrer: input.referrer ?? null,
    },
  };
}

async function again(context: Context, found: SignUp): Promise<Made> {
  if (found.verifiedAt !== null) throw humanTaken();
  const { tx, scope } = context;
  const address = (await findInboxAddresses(tx, scope, [found.inboxId])).get(found.inboxId);
  // Deleted by its agent: the human has nothing to confirm any more.
  if (address === undefined) throw humanTaken();
  await revokeKeys(context, [found.keyId]);
  const { key, secret } = await makeKey(context);
  return { inboxAddress: address, secret, signUp: { ...found, keyId: key.id } };
}

const makeKey = async (context: Context) =>
  single(await makeApiKeys(context, [{ scope: context.scope, plan: planApiKey({ name: "Sign-up" }) }]));
