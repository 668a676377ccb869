import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_BATCH_GET } from "../../limits.ts";
import { mayRead } from "../labels/index.ts";
import type { Message } from "./message.ts";
import { findMessages } from "./read-store.ts";

/** @throws Failure input.invalid for none, too many or repeated ids */
export function checkIds(ids: readonly string[], most: number): void {
  if (ids.length === 0 || ids.length > most)
    throw invalid(["messageIds"], says`${field("messageIds")} must have 1 to ${most} ids`);
  if (new Set(ids).size !== ids.length)
    throw invalid(["messageIds"], says`${field("messageIds")} must be unique`);
}

/** Messages of a batch that were found, and the number requested. */
export interface Batch<Item> {
  readonly asked: number;
  readonly items: readonly Item[];
}

/** Several messages in the order of the request; ids that are not there are skipped. */
export const batchGetMessages = operation({
  name: "message.batch_get",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  check({ messageIds }: { readonly messageIds: readonly string[] }) {
    checkIds(messageIds, MAX_BATCH_GET);
    return { messageIds };
  },
  async run({ tx, scope, actor, inbox }, { messageIds }): Promise<Batch<Message>> {
    const found = new Map(
      (await findMessages(tx, scope, inbox, { messageIds })).map((message) => [message.messageId, message]),
    );
    const items = messageIds
      .flatMap((id) => found.get(id) ?? [])
      .filter((message) => mayRead(actor, message.labels));
    return { asked: messageIds.length, items };
  },
});
