import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { LabelEvent } from "./label-event.ts";
import { listLabelEventRows } from "./store.ts";

/** What happened to the labels of an inbox's messages, for as long as events are kept; of messages that are there and that the key may see. */
export const listLabelEvents = operation({
  name: "label_event.list",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  async run({ tx, scope, actor, inbox }, page: PageRequest): Promise<Page<LabelEvent>> {
    const unseen = actor.unseenLabels;
    const events = await listLabelEventRows(tx, scope, inbox, { unseen, page });
    return pageOf(events, page, ({ cursor }) => cursor);
  },
});
