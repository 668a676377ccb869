/** Tools for threads, and the attachments in them. */
import { z } from "zod";
import { between, contains, filters, hidden, inboxId, labelChange, page, threadId } from "./inputs.ts";
import { attachmentFile, labelledThread, pageOf, thread, threadHit, threadItem } from "./outputs.ts";
import { changes, done, readsMail, type Tool, UNTRUSTED } from "./tool.ts";

const one = { inboxId, threadId };

export const threadTools: readonly Tool[] = [
  {
    name: "list_threads",
    title: "List threads",
    description: `List the threads of an inbox, newest first, narrowed by labels, senders, recipients, subject or time. ${UNTRUSTED}`,
    route: "inboxes.threads.list",
    input: z.strictObject({
      inboxId,
      ...filters,
      senders: contains("senders"),
      recipients: contains("recipients"),
      subject: contains("the subject"),
      ...hidden("threads"),
    }),
    output: pageOf("threads", threadItem),
    hints: readsMail,
  },
  {
    name: "search_threads",
    title: "Search threads",
    description: `Find the threads of an inbox by words in senders, recipients, subject and text. ${UNTRUSTED}`,
    route: "inboxes.threads.search",
    input: z.strictObject({ inboxId, q: z.string().describe("Words to look for"), ...page, ...between }),
    output: pageOf("threads", threadHit),
    hints: readsMail,
  },
  {
    name: "get_thread",
    title: "Get a thread",
    description: `Get a thread with its messages. ${UNTRUSTED}`,
    route: "inboxes.threads.get",
    input: z.strictObject(one),
    output: thread,
    hints: readsMail,
  },
  {
    name: "get_attachment",
    title: "Get an attachment",
    description: `Get what is known of an attachment of a thread, and a link to its bytes. ${UNTRUSTED}`,
    route: "inboxes.threads.getAttachment",
    input: z.strictObject({ ...one, attachmentId: z.string().describe("ID of the attachment") }),
    output: attachmentFile,
    hints: readsMail,
  },
  {
    name: "update_thread",
    title: "Update a thread's labels",
    description: "Add and remove labels of all messages of a thread.",
    route: "inboxes.threads.update",
    input: z.strictObject({ ...one, ...labelChange }),
    output: labelledThread,
    hints: changes,
  },
  {
    name: "delete_thread",
    title: "Delete a thread",
    description: "Delete a thread permanently, with its messages. To hide it instead, add the label trash.",
    route: "inboxes.threads.delete",
    input: z.strictObject(one),
    output: done,
    hints: changes,
  },
];
