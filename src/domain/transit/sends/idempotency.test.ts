import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createDoor } from "../../door/door.ts";
import type { Failure } from "../../door/failures.ts";
import { deleteMessage } from "../../mail/messages/index.ts";
import { forwardMessage, replyAllToMessage, replyToMessage, sendMessage } from "./index.ts";
import type { Sent } from "./store-sent.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;

interface Sends {
  readonly run: (inbox: string, idempotencyKey: string) => Promise<Sent>;
  readonly refusal: (inbox: string, idempotencyKey: string) => Promise<Failure>;
}

/** What is sent about the message of this id. */
const aboutMessage = (messageId: string): Record<"reply" | "reply to all" | "forward", Sends> => {
  const input = (idempotencyKey: string) => ({ messageId, text: "Yes.", idempotencyKey });
  const reply = (key: string) => ({ ...input(key), replyAll: false });
  const forward = (key: string) => ({ ...input(key), to: ["x@outside.test"] });
  return {
    reply: {
      run: (inbox, key) => t.run(t.rootToken, replyToMessage, { inbox }, reply(key)),
      refusal: (inbox, key) => t.refusal(t.rootToken, replyToMessage, { inbox }, reply(key)),
    },
    "reply to all": {
      run: (inbox, key) => t.run(t.rootToken, replyAllToMessage, { inbox }, input(key)),
      refusal: (inbox, key) => t.refusal(t.rootToken, replyAllToMessage, { inbox }, input(key)),
    },
    forward: {
      run: (inbox, key) => t.run(t.rootToken, forwardMessage, { inbox }, forward(key)),
      refusal: (inbox, key) => t.refusal(t.rootToken, forwardMessage, { inbox }, forward(key)),
    },
  };
};

it.each(["reply", "reply to all", "forward"] as const)(
  "gives the answer of a %s again when the message it was about is gone",
  async (kind) => {
    const inbox = await makeInbox();
    const { run, refusal } = aboutMessage("<gone@x>")[kind];
    await arrive(inbox, { id: "<gone@x>" });
    const first = await run(inbox, "once");
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<gone@x>" });
    expect(await run(inbox, "once")).toEqual(first);
    expect((await refusal(inbox, "twice")).code).toBe("object.not_found");
  },
);

it("is free again when the message to answer was not there", async () => {
  const inbox = await makeInbox();
  const { run, refusal } = aboutMessage("<late@x>").reply;
  expect((await refusal(inbox, "late")).code).toBe("object.not_found");
  await arrive(inbox, { id: "<late@x>" });
  expect(await run(inbox, "late")).toHaveProperty("messageId");
});

it("is an inbox's own: a key that uses it next door learns nothing of that, and does not use it up", async () => {
  const inboxes = [await makeInbox(), await makeInbox()];
  const sent = inboxes.map(async (inbox) => {
    const { token } = await t.seed.key({ inbox }, "message_send", "message_read");
    const input = (text: string) => ({ to: ["x@outside.test"], text, idempotencyKey: "monday" });
    const first = await t.run(token, sendMessage, { inbox }, input(inbox));
    expect(await t.run(token, sendMessage, { inbox }, input(inbox))).toEqual(first);
    const other = await t.refusal(token, sendMessage, { inbox }, input("another"));
    expect(other.code).toBe("idempotency.conflict");
    return first.messageId;
  });
  expect(new Set(await Promise.all(sent)).size).toBe(2);
});

it("is used once by processes whose clocks are more than a day apart", async () => {
  const inbox = await makeInbox();
  const actor = await t.authenticator.authenticate(t.rootToken);
  const sendAt = (days: number, idempotencyKey: string): Promise<Sent> => {
    const clock = { ...systemClock, now: () => new Date(Date.now() + days * 86_400_000) };
    const input = { to: ["x@outside.test"], text: "Hi", idempotencyKey };
    return createDoor({ ...t.parts, clock }).run(sendMessage, actor, { inbox }, input);
  };
  for (const [key, days] of [
    ["of the right one", [0, 400, -400]],
    ["of one that is ahead", [400, 0]],
    ["of one that is behind", [-400, 0]],
  ] as const) {
    const answers: Sent[] = [];
    for (const difference of days) answers.push(await sendAt(difference, key));
    expect(new Set(answers.map(({ messageId }) => messageId)).size, key).toBe(1);
  }
});
