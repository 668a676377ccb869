/** Restricted labels hide a message from whatever a key that may not see them asks for. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Failure } from "../../door/failures.ts";
import { forwardMessage, replyToMessage } from "../../transit/sends/index.ts";
import {
  batchGetMessages,
  batchUpdateMessages,
  deleteMessage,
  getAttachment,
  getMessage,
  getRawMessage,
  type ListMessages,
  listMessages,
  updateMessage,
} from "../messages/index.ts";

let t: TestDoor;
let inbox: string;
let attachmentId: string;
beforeAll(async () => {
  t = await openTestDoor();
  inbox = (await t.seed.inbox()).address;
  const arrive = mailInto(t);
  await arrive(inbox, { id: "<open@x>" });
  await arrive(inbox, { id: "<spam@x>", file: { name: "a.txt", type: "text/plain", content: "hush" } });
  const change = { messageId: "<spam@x>", addLabels: ["spam"], removeLabels: [] };
  await t.run(t.rootToken, updateMessage, { inbox }, change);
  const { attachments } = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<spam@x>" });
  attachmentId = attachments[0]?.id ?? "";
});
afterAll(() => t.close());

const list = async (token: string, asked: Partial<ListMessages> = {}): Promise<string[]> => {
  const { items } = await t.run(token, listMessages, { inbox }, { ...allMessages, ...asked });
  return items.map(({ messageId }) => messageId);
};
const spam = { included: { spam: true } };

it("lists leave it out unless it is asked for by a key that may see it", async () => {
  expect(await list(t.rootToken, { ...spam, labels: ["spam"] })).toEqual(["<spam@x>"]);
  expect(await list(t.rootToken, { labels: ["spam"] })).toEqual([]);
  expect(await list(t.rootToken)).toEqual(["<open@x>"]);
  const { token: blind } = await t.seed.key({ inbox }, "message_read");
  expect(await list(blind, spam)).toEqual(["<open@x>"]);
  const { token: sighted } = await t.seed.key({ inbox }, "message_read", "label_spam_read");
  expect(await list(sighted, spam)).toContain("<spam@x>");
  expect(await list(sighted)).toEqual(["<open@x>"]);
});

it("by its id it is there for a key that may see it, and absent like any other for one that may not", async () => {
  const { token } = await t.seed.key(
    { inbox },
    "message_read",
    "message_update",
    "message_delete",
    "message_send",
  );
  const at = { inbox };
  const change = { addLabels: ["x"], removeLabels: [] };
  const outgoing = { text: "x", idempotencyKey: null };
  const tries: readonly ((messageId: string) => Promise<Failure>)[] = [
    (messageId) => t.refusal(token, getMessage, at, { messageId }),
    (messageId) => t.refusal(token, getRawMessage, at, { messageId }),
    (messageId) => t.refusal(token, getAttachment, at, { messageId, attachmentId }),
    (messageId) => t.refusal(token, updateMessage, at, { messageId, ...change }),
    (messageId) => t.refusal(token, deleteMessage, at, { messageId }),
    (messageId) => t.refusal(token, replyToMessage, at, { messageId, ...outgoing, replyAll: false }),
    (messageId) => t.refusal(token, forwardMessage, at, { messageId, ...outgoing, to: ["x@outside.test"] }),
  ];
  for (const attempt of tries) {
    const [hidden, absent] = [await attempt("<spam@x>"), await attempt("<absent@x>")];
    expect(hidden.code).toBe("object.not_found");
    expect(hidden.details).toEqual(absent.details);
  }
  expect((await t.run(t.rootToken, getMessage, at, { messageId: "<spam@x>" })).labels).toContain("spam");
  const file = { messageId: "<spam@x>", attachmentId };
  expect((await t.run(t.rootToken, getAttachment, at, file)).attachment.id).toBe(attachmentId);
});

it("batches pass over it", async () => {
  const { token: blind } = await t.seed.key({ inbox }, "message_read", "message_update");
  const messageIds = ["<spam@x>", "<open@x>"];
  const found = await t.run(blind, batchGetMessages, { inbox }, { messageIds });
  expect(found.items.map(({ messageId }) => messageId)).toEqual(["<open@x>"]);
  const change = { messageIds, addLabels: ["touched"], removeLabels: [] };
  const changed = await t.run(blind, batchUpdateMessages, { inbox }, change);
  expect(changed.items.map(({ messageId }) => messageId)).toEqual(["<open@x>"]);
  const { labels } = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<spam@x>" });
  expect(labels).not.toContain("touched");
});
