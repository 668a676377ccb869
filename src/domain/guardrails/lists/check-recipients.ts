import type { Context, InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { entriesNaming } from "./entry.ts";
import { findSendLists } from "./store.ts";
import { type Refusal, refusalOf, suppressionOf } from "./verdict.ts";

const why: Readonly<Record<Exclude<Refusal, "suppressed" | null>, string>> = {
  blocked: "on a block list",
  not_allowed: "not in allow list",
};

type SendingInbox = Pick<InboxContext["inbox"], "id" | "podId">;

/**
 * Holds the recipients of a send against the send lists of the inbox, its pod and its organization. One that is refused
 * refuses them all. @throws Failure message.rejected
 */
export async function checkRecipients(
  { tx, scope, inbox }: Pick<Context, "tx" | "scope"> & { readonly inbox: SendingInbox },
  addresses: readonly string[],
): Promise<void> {
  const names = [...new Set(addresses.flatMap(entriesNaming))];
  const listed = await tx.together(findSendLists, scope, { inbox, names });
  if (listed.length === 0) return;
  const refused = [...new Set(addresses)].flatMap((address) => {
    const refusal = refusalOf(address, listed);
    if (refusal === null) return [];
    const says = refusal === "suppressed" ? `suppressed: ${suppressionOf(address, listed)}` : why[refusal];
    return [{ refusal, text: `${address} (${says})` }];
  });
  if (refused.length === 0) return;
  const isSuppressed = refused.some(({ refusal }) => refusal === "suppressed");
  throw fail("message.rejected", {
    message: `Message rejected: Recipient(s) blocked: ${refused.map(({ text }) => text).join(", ")}`,
    hint: isSuppressed
      ? "Leave these recipients out, or delete the suppressions of those who want and take mail from their pod."
      : "Leave these recipients out, or change the send lists of the inbox, its pod or the organization.",
  });
}
