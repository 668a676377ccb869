import { afterAll, beforeAll, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { At } from "../../door/targets.ts";
import { listMessages } from "../../mail/messages/index.ts";
import {
  forwardMessage,
  type Outgoing,
  replyAllToMessage,
  replyToMessage,
  sendMessage,
} from "../../transit/sends/index.ts";
import { createListEntry, deleteListEntry } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** `send block` -> that list. */
const named = (list: string, entry: string) => {
  const [direction = "", listType = ""] = list.split(" ");
  return { direction, listType, entry };
};
const put = (at: At, list: string, entry: string) =>
  t.run(t.rootToken, createListEntry, at, named(list, entry));
const take = (at: At, list: string, entry: string) =>
  t.run(t.rootToken, deleteListEntry, at, named(list, entry));

async function tenant(): Promise<{ readonly pod: string; readonly inbox: string }> {
  const pod = await t.seed.pod();
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}

const mail = (...to: string[]): Outgoing => ({ to, text: "hi", idempotencyKey: null });
const accepts = (inbox: string, outgoing: Outgoing) => t.run(t.rootToken, sendMessage, { inbox }, outgoing);
/** What the refusal of the send says. */
async function refuses(inbox: string, outgoing: Outgoing): Promise<string> {
  const refusal = await t.refusal(t.rootToken, sendMessage, { inbox }, outgoing);
  expect(refusal.code).toBe("message.rejected");
  return refusal.message;
}

it("a blocked address or domain refuses the whole send and stores nothing; names below the domain do not", async () => {
  const { inbox } = await tenant();
  await put({ inbox }, "send block", "bob@one.example");
  await put({ inbox }, "send block", "two.example");
  for (const to of ["BOB@one.example", "Bob <bob@One.Example>", "any@two.example"])
    expect(await refuses(inbox, mail("fine@ok.example", to))).toContain("(on a block list)");
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  expect(items).toEqual([]);
  await accepts(inbox, mail("alice@one.example", "any@sub.two.example"));
});

it("an address counts in cc and in bcc too", async () => {
  const { inbox } = await tenant();
  await put({ inbox }, "send block", "bob@one.example");
  await refuses(inbox, { ...mail("fine@ok.example"), cc: ["bob@one.example"] });
  await refuses(inbox, { ...mail("fine@ok.example"), bcc: ["bob@one.example"] });
});

it("an address that is not on an allow list with entries is refused, and the reason says so", async () => {
  const { pod, inbox } = await tenant();
  await put({ pod }, "send allow", "friend.example");
  await accepts(inbox, mail("a@friend.example"));
  expect(await refuses(inbox, mail("a@stranger.example"))).toBe(
    "Message rejected: Recipient(s) blocked: a@stranger.example (not in allow list)",
  );
  await take({ pod }, "send allow", "friend.example");
  await accepts(inbox, mail("a@stranger.example"));
});

it("the narrowest level with a match decides, and there the block", async () => {
  const { pod, inbox } = await tenant();
  const who = mail("who@levels.example");
  await put({}, "send block", "who@levels.example");
  await refuses(inbox, who);
  await put({ pod }, "send allow", "levels.example");
  await accepts(inbox, who);
  await put({ inbox }, "send block", "levels.example");
  await refuses(inbox, who);
  await put({ inbox }, "send allow", "who@levels.example");
  await refuses(inbox, who);
  await take({ inbox }, "send block", "levels.example");
  await accepts(inbox, who);
});

it("the key of an inbox is held to the lists of its organization, which it cannot read", async () => {
  const { inbox } = await tenant();
  await put({}, "send block", "hidden@levels.example");
  const { token } = await t.seed.key({ inbox });
  const refusal = await t.refusal(token, sendMessage, { inbox }, mail("hidden@levels.example"));
  expect(refusal.code).toBe("message.rejected");
});

it("no receive list, no reply list and no list of another pod is asked", async () => {
  const [{ pod, inbox }, other] = [await tenant(), await tenant()];
  await put({ inbox }, "receive block", "bob@one.example");
  await put({ inbox }, "reply block", "bob@one.example");
  await put({ pod }, "receive allow", "ann@one.example");
  await put({ pod: other.pod }, "send block", "bob@one.example");
  await put({ inbox: other.inbox }, "send allow", "ann@one.example");
  await accepts(inbox, mail("bob@one.example"));
});

it("replies, replies to all and forwards are held to them too", async () => {
  const { inbox } = await tenant();
  const { messageId } = await accepts(inbox, mail("bob@one.example"));
  await put({ inbox }, "send block", "one.example");
  const answer = { text: "again", messageId, idempotencyKey: null };
  const refusals = [
    await t.refusal(t.rootToken, replyToMessage, { inbox }, { ...answer, replyAll: false }),
    await t.refusal(t.rootToken, replyAllToMessage, { inbox }, answer),
    await t.refusal(t.rootToken, forwardMessage, { inbox }, { ...answer, to: ["ann@one.example"] }),
  ];
  expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill("message.rejected"));
});

it("a send that was refused can be made under the same Idempotency-Key once the lists let it", async () => {
  const { inbox } = await tenant();
  await put({ inbox }, "send block", "one.example");
  const once = { ...mail("bob@one.example"), idempotencyKey: "once" };
  await refuses(inbox, once);
  await take({ inbox }, "send block", "one.example");
  await accepts(inbox, once);
});

it("a refused send fetches no file", async () => {
  const { inbox } = await tenant();
  await put({ inbox }, "send block", "one.example");
  // Nothing listens there: were it asked for, the refusal would be about the file.
  const attachments = [{ url: "http://127.0.0.1:9/file" }];
  expect(await refuses(inbox, { ...mail("bob@one.example"), attachments })).toContain("Recipient(s) blocked");
});
