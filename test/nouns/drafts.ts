import { type TestNoun, thing } from "./noun.ts";

const labels = { add_labels: "labels", remove_labels: "labels" } as const;
const content = {
  to: "recipients",
  cc: "recipients",
  bcc: "recipients",
  reply_to: "replyTo",
  subject: "headerText",
  text: "text",
  html: "text",
} as const;

/** A moment that no test reaches. */
const later = new Date(Date.now() + 300 * 86_400_000).toISOString();

/** Names of messages that are not there. */
const messageId = [
  { says: "a NUL", value: "<a\u0000b>" },
  { says: "half a surrogate pair", value: "<cut \ud83d>" },
  { says: "a message that is not there", value: "<nothing@nowhere>", status: 404 as const },
  { says: "an empty text", value: "", status: 404 as const },
  { says: "10,000 characters", value: `<${"x".repeat(10_000)}@nowhere>`, status: 404 as const },
];

/** A draft of the inbox with a file. */
export const drafts: TestNoun = {
  dialect: "v0",
  tables: ["drafts", "draft_attachments"],
  absent: { draft_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ client, name, things }) {
    const draft = await client.inboxes.drafts.create(thing(things, "inbox_id"), {
      to: ["x@outside.test"],
      subject: `unsent secret of ${name}`,
      text: "hush",
      attachments: [{ filename: "b.txt", content: "aGk=" }],
    });
    return { draft_id: draft.draftId, draft_attachment_id: draft.attachments?.[0]?.attachmentId ?? "" };
  },
  named: (path, parameter) =>
    parameter === "attachment_id" && path.includes("/drafts/") ? "draft_attachment_id" : null,
  routes: {
    "drafts.list": {},
    "drafts.get": {},
    "drafts.getAttachment": {},
    "drafts.create": {
      body: () => ({ to: "x@outside.test", subject: "two" }),
      foreign: (victim) => ({ in_reply_to: thing(victim, "message_id") }),
      fields: {
        ...content,
        labels: "labels",
        attachments: "attachments",
        in_reply_to: messageId,
        forward_of: messageId,
        reply_all: [{ says: "true without in_reply_to", value: true }],
        send_at: "sendAt",
        client_id: "clientId",
      },
      empty: "accepted",
      needing: {
        message_read: [
          (own) => ({ in_reply_to: thing(own, "message_id") }),
          (own) => ({ forward_of: thing(own, "message_id") }),
        ],
        draft_send: [() => ({ send_at: later })],
      },
    },
    "drafts.update": {
      body: () => ({ to: "x@outside.test", subject: "three" }),
      fields: {
        ...content,
        add_attachments: "attachments",
        remove_attachments: "removed",
        ...labels,
        send_at: "sendAt",
      },
      empty: "accepted",
      needing: { draft_send: [() => ({ send_at: later })] },
    },
    "drafts.delete": {},
    "drafts.send": {
      body: () => ({ add_labels: ["two"] }),
      fields: labels,
      empty: "accepted",
      async fresh(client, things) {
        const { draftId } = await client.inboxes.drafts.create(thing(things, "inbox_id"), {
          to: ["x@outside.test"],
        });
        return { draft_id: draftId };
      },
    },
  },
};
