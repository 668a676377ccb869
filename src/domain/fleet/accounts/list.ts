import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import {
  findInboxesByAddress,
  type Inbox,
  listInboxesByOffset,
  type OffsetPage,
} from "../../tenancy/inboxes/index.ts";
import { type Account, accountsOf, type HealthStatus, statusFilter } from "./health.ts";

export interface AccountList extends Omit<OffsetPage, "status"> {
  /** The one with this address, in any case. */
  readonly address: string | null;
  readonly status: HealthStatus | null;
}

/**
 * The inboxes the target holds, with their health, by offset: for clients that know no cursor. Rows that come or go between two
 * pages shift the second.
 */
export const listAccounts = operation({
  name: "inbox.list",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  async run(context, list: AccountList): Promise<Account[]> {
    if (list.address === null) return accountsOf(context, await inboxesOf(context, list));
    const found = await findInboxesByAddress(context.tx, context.scope, list.address.toLowerCase());
    const accounts = await accountsOf(
      context,
      found.filter((inbox) => fits(inbox, list)),
    );
    return accounts
      .filter(({ health }) => list.status === null || health.status === list.status)
      .slice(list.skip, list.skip + list.size);
  },
});

function fits(inbox: Inbox, { podId, since, before }: AccountList): boolean {
  return (
    (podId === null || inbox.podId === podId) &&
    (since === null || inbox.createdAt >= since) &&
    (before === null || inbox.createdAt < before)
  );
}

async function inboxesOf(context: Context, list: AccountList): Promise<Inbox[]> {
  const { tx, scope } = context;
  const wanted = list.status;
  if (wanted === null) return listInboxesByOffset(tx, scope, { ...list, status: null });
  const status = await statusFilter(context, wanted);
  if (status === null && wanted === "valid") return [];
  return listInboxesByOffset(tx, scope, { ...list, status });
}
