import { normaliseMessageId } from "../../../protocols/mime/index.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { mayRead } from "../labels/index.ts";
import { findNamed } from "./get.ts";
import { MAX_BATCH_GET } from "./limits.ts";
import type { Message } from "./message.ts";

/** @throws Failure input.invalid for none, too many or repeated ids: with and without angle brackets is the same one */
export function checkIds(ids: readonly string[], most: number): void {
  if (ids.length === 0 || ids.length > most)
    throw invalid(["messageIds"], says`${field("messageIds")} must have 1 to ${most} ids`);
  if (new Set(ids.map((id) => normaliseMessageId(id) ?? id)).size !== ids.length)
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
  async run(context, { messageIds }): Promise<Batch<Message>> {
    const found = await findNamed(context, messageIds);
    const items = found.filter(({ labels }) => mayRead(context.actor, labels));
    return { asked: messageIds.length, items };
  },
});
