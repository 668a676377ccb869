import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Inbox } from "./inbox.ts";
import { listInboxes as selectInboxes } from "./store.ts";

/** The inboxes the target holds, newest first unless `ascending`. */
export const listInboxes = operation({
  name: "inbox.list",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, page: PageRequest): Promise<Page<Inbox>> {
    return pageOf(await selectInboxes(tx, scope, page), page, (inbox) => [inbox.createdAt, inbox.id]);
  },
});
