/** The operations on inboxes, with the health of what they give, and with what a caller may state of an inbox to be sure of it. */

import type { InboxTarget } from "../../door/access/index.ts";
import { invalid } from "../../door/failures.ts";
import type { Operation, TargetKind } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import {
  createInbox,
  getInbox,
  type Inbox,
  type InboxChange,
  type NewInbox,
  updateInbox,
} from "../../tenancy/inboxes/index.ts";
import { moveTo } from "../../tenancy/moves/index.ts";
import { type Account, accountsOf } from "./health.ts";

/** The operation, which then looks up in the same transaction how the inbox is. */
function withHealth<Input, Kind extends TargetKind>(
  operation: Operation<Input, Inbox, Kind>,
): Operation<Input, Account, Kind> {
  return {
    ...operation,
    prepare(input, facts) {
      const run = operation.prepare(input, facts);
      return async (context) => {
        const [account] = await accountsOf(context, [await run(context)]);
        if (account === undefined) throw new Error("an inbox without its account");
        return account;
      };
    },
  };
}

export const getAccount = withHealth(getInbox);

interface ExpectedPolicy {
  /** The policy that its pod must have: one that was named and does not hold would be a guardrail that is not there. */
  readonly expectedPolicyId?: string;
}

function requirePolicy({ expectedPolicyId: expected }: ExpectedPolicy, policyId: string | null): void {
  if (expected !== undefined && expected.toLowerCase() !== policyId)
    throw invalid(
      ["expectedPolicyId"],
      says`${field("expectedPolicyId")} is not the policy of the workspace`,
      "Attach the policy to the workspace; it then holds for all of its accounts.",
    );
}

/** Whoever sets an app password can sign in with it, and read and send mail. */
const needsOfPassword = (["message_read", "message_send"] as const).map((permission) => ({
  permission,
  says: "when it sets an app password",
  isNeededBy: ({ appPassword }: Pick<InboxChange, "appPassword">) => typeof appPassword === "string",
}));

export interface NewAccount extends NewInbox, ExpectedPolicy {}

/** @throws Failure input.invalid when its pod has another policy than the one expected, besides what createInbox throws */
export const createAccount: Operation<NewAccount, Account, "any"> = {
  ...createInbox,
  needs: [...createInbox.needs, ...needsOfPassword],
  prepare(input, facts) {
    const run = withHealth(createInbox).prepare(input, facts);
    return async (context) => {
      const account = await run(context);
      requirePolicy(input, account.policyId);
      return account;
    };
  },
};

export interface AccountChange extends InboxChange, ExpectedPolicy {
  /** The address that it must have: it cannot be changed. */
  readonly expectedAddress?: string;
  /** Id of the pod that it is to lie in. */
  readonly podId?: string;
}

/** @throws Failure input.invalid when it is not as expected; pod.not_found, object.conflict for another pod */
export const updateAccount: Operation<AccountChange, Account, "inbox"> = {
  ...updateInbox,
  fails: [...updateInbox.fails, "object.conflict"],
  needs: [
    ...updateInbox.needs,
    ...needsOfPassword,
    {
      permission: "pod_update",
      says: "when it moves to another pod",
      isNeededBy: ({ podId }) => podId !== undefined,
    },
  ],
  isLong: true,
  acrossPods: ({ podId }) => podId !== undefined,
  prepare(input, facts) {
    const { expectedAddress, expectedPolicyId: _, podId, ...change } = input;
    const run = updateInbox.prepare(change, facts);
    return async (context) => {
      const { inbox, scope } = context;
      requireAddress(expectedAddress, inbox);
      if (podId === undefined) requirePolicy(input, inbox.guardrails.policyId);
      // Changed where it is: in its new pod it may not be whole yet.
      const changed = await run({ ...context, scope: scope.narrowToInbox(inbox.podId, inbox.id) });
      const [account] = await accountsOf(context, [
        podId === undefined ? changed : await moveTo(context, inbox, { id: podId.toLowerCase() }),
      ]);
      if (account === undefined) throw new Error("an inbox without its account");
      // That of the pod it has moved to.
      if (podId !== undefined) requirePolicy(input, account.policyId);
      return account;
    };
  },
};

function requireAddress(expected: string | undefined, { address }: InboxTarget): void {
  if (expected !== undefined && expected.trim().toLowerCase() !== address)
    throw invalid(
      ["expectedAddress"],
      says`${field("expectedAddress")} is not the address of the account, which cannot be changed`,
      "Create another account with that address.",
    );
}
