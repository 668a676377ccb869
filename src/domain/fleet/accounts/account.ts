/** The operations on inboxes, with the health of what they give. */
import type { Operation, TargetKind } from "../../door/operation.ts";
import {
  createInbox,
  getInbox,
  type Inbox,
  pauseInbox,
  resumeInbox,
  updateInbox,
} from "../../tenancy/inboxes/index.ts";
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

export const createAccount = withHealth(createInbox);
export const getAccount = withHealth(getInbox);
export const updateAccount = withHealth(updateInbox);
export const pauseAccount = withHealth(pauseInbox);
export const resumeAccount = withHealth(resumeInbox);
