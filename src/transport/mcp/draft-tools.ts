/** Tools for drafts, and for mail that is sent later. */
import { z } from "zod";
import { bodies, clientId, content, filters, inboxId, recipients, subject, to } from "./inputs.ts";
import { draft, draftItem, pageOf, sent } from "./outputs.ts";
import { changes, creates, done, reads, sends, type Tool } from "./tool.ts";

const one = { inboxId, draftId: z.string().describe("ID of the draft") };

const moment = z.iso.datetime({ offset: true });
const WHEN = "When to send it: ISO 8601 with Z or an offset, e.g. 2027-04-01T09:00:00Z";
const sendAt = moment.optional().describe(WHEN);
const newSendAt = moment.nullable().optional().describe(`${WHEN}. Null: not at a time any more`);

export const draftTools: readonly Tool[] = [
  {
    name: "create_draft",
    title: "Create a draft",
    description: "Create a draft. With sendAt it is sent at that time.",
    route: "inboxes.drafts.create",
    input: z.strictObject({
      inboxId,
      to,
      ...recipients,
      subject,
      ...content,
      inReplyTo: z.string().optional().describe("ID of the message that it replies to"),
      sendAt,
      clientId,
    }),
    output: draft,
    hints: creates,
  },
  {
    name: "list_drafts",
    title: "List drafts",
    description: "List the drafts of an inbox. Those that wait for their time have the label scheduled.",
    route: "inboxes.drafts.list",
    input: z.strictObject({ inboxId, ...filters }),
    output: pageOf("drafts", draftItem),
    hints: reads,
  },
  {
    name: "get_draft",
    title: "Get a draft",
    description: "Get a draft with its content, and when it will be sent.",
    route: "inboxes.drafts.get",
    input: z.strictObject(one),
    output: draft,
    hints: reads,
  },
  {
    name: "update_draft",
    title: "Update a draft",
    description:
      "Change a draft, or the time at which it is sent. With sendAt null it is not sent until send_draft.",
    route: "inboxes.drafts.update",
    input: z.strictObject({ ...one, to, ...recipients, subject, ...bodies, sendAt: newSendAt }),
    output: draft,
    hints: changes,
  },
  {
    name: "send_draft",
    title: "Send a draft",
    description: "Send a draft now. It becomes a message, and the draft is gone.",
    route: "inboxes.drafts.send",
    input: z.strictObject(one),
    output: sent,
    hints: sends,
  },
  {
    name: "delete_draft",
    title: "Delete a draft",
    description: "Delete a draft; one that waits for its time is then not sent.",
    route: "inboxes.drafts.delete",
    input: z.strictObject(one),
    output: done,
    hints: changes,
  },
];
