import { type TestNoun, thing } from "./noun.ts";

const labels = { add_labels: "labels", remove_labels: "labels" } as const;
const note = {
  from: [
    "",
    "a b",
    "a@",
    "x@outside.test",
    "nobody@rookery.localhost",
    "a@b.example\r\nBcc: c@d.example",
  ].map((value) => ({
    says: `from ${JSON.stringify(value)}`,
    value,
  })),
  labels: "labels",
  reply_to: "replyTo",
  text: "text",
  html: "text",
  attachments: "attachments",
  headers: "mailHeaders",
  track_opens: "flag",
} as const;
const recipients = { to: "recipients", cc: "recipients", bcc: "recipients" } as const;
const toOthers = ["to", "cc", "bcc"].map((field) => () => ({ [field]: "x@outside.test", text: "x" }));

/** A message to the inbox itself, with an attachment, and the thread that it starts. */
export const messages: TestNoun = {
  dialect: "v0",
  tables: ["messages", "threads", "attachments"],
  absent: {
    message_id: "<nothing@nowhere>",
    thread_id: "0190a000-0000-7000-8000-00000000dead",
    attachment_id: "0190a000-0000-7000-8000-00000000dead",
  },
  async furnish({ client, name, things }) {
    const inbox = thing(things, "inbox_id");
    const sent = await client.inboxes.messages.send(inbox, {
      to: inbox,
      subject: `secret of ${name}`,
      text: "hush",
      attachments: [{ filename: "a.txt", content: "aGk=" }],
    });
    const message = await client.inboxes.messages.get(inbox, sent.messageId);
    return {
      message_id: sent.messageId,
      thread_id: sent.threadId,
      attachment_id: message.attachments?.[0]?.attachmentId ?? "",
    };
  },
  queries: { "/messages/search": "q=hush", "/threads/search": "q=hush" },
  routes: {
    "threads.list": {},
    "threads.search": {},
    "threads.get": {},
    "threads.getAttachment": {},
    "threads.update": { body: () => ({ add_labels: ["two"] }), fields: labels, empty: null },
    "threads.delete": {},
    "messages.list": {},
    "messages.search": {},
    "messages.get": {},
    "messages.getAttachment": {},
    "messages.getRaw": {},
    "messages.batchGet": {
      body: (things) => ({ message_ids: [thing(things, "message_id")] }),
      fields: { message_ids: "batchGetIds" },
      empty: "message_ids",
    },
    "messages.batchUpdate": {
      body: (things) => ({ message_ids: [thing(things, "message_id")], add_labels: ["two"] }),
      fields: { message_ids: "batchUpdateIds", ...labels },
      empty: "message_ids",
    },
    "messages.update": { body: () => ({ add_labels: ["two"] }), fields: labels, empty: null },
    "messages.delete": {},
    "messages.send": {
      body: () => ({ to: "x@outside.test", subject: "two" }),
      fields: { ...recipients, subject: "headerText", ...note },
      empty: null,
    },
    "messages.reply": {
      body: () => ({ text: "two" }),
      fields: { ...recipients, reply_all: "flag", ...note },
      empty: "accepted",
      needing: { message_send: toOthers, message_read: toOthers },
    },
    "messages.replyAll": { body: () => ({ text: "two" }), fields: note, empty: "accepted" },
    "messages.createAgentArmorFeedback": {
      body: () => ({ feedback: "incorrect_review" }),
      fields: {
        feedback: [{ says: "another kind", value: "none" }],
        notes: [{ says: "2049 characters", value: "x".repeat(2049) }],
      },
      empty: "feedback",
    },
    "messages.releaseAgentArmorMessage": {
      body: () => ({ reason: "Known sender" }),
      fields: {
        reason: ["", " \n", "x".repeat(2049)].map((value) => ({
          says: `${value.length} characters of nothing much`,
          value,
        })),
      },
      empty: "reason",
    },
    "messages.forward": {
      body: () => ({ to: "x@outside.test" }),
      fields: { ...recipients, subject: "headerText", ...note },
      empty: null,
    },
  },
};
