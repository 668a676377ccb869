import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { hiddenLabels, type Included } from "../labels/index.ts";
import type { Message } from "./message.ts";
import { type MailFilter, selectMessages } from "./read-store.ts";

export interface ListMessages extends Omit<MailFilter, "hidden"> {
  readonly page: PageRequest;
  readonly included: Included;
}

/** Messages of the inbox by time, newest first; those with a restricted label only when the query includes them and the key permits it. */
export const listMessages = operation({
  name: "message.list",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  async run({ tx, scope, actor, inbox }, input: ListMessages): Promise<Page<Message>> {
    const filter = { ...input, hidden: hiddenLabels(actor, input.included) };
    const { rows, fitting, resumes } = await selectMessages(tx, scope, inbox, filter, input.page);
    const page = pageOf(rows, fitting, (message) => [message.timestamp, message.id]);
    return { ...page, next: page.next ?? resumes };
  },
});
