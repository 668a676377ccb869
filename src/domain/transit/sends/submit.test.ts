import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTransactions } from "../../../../test/support/open-transactions.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { inProcessCodec, type MailToCompose } from "../../../protocols/mime/index.ts";
import { createDoor } from "../../door/door.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "./send.ts";

let t: TestDoor;
let owner: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

it("a large mail is written with no transaction open, once, and stored under what it says itself", async () => {
  const written: { mail: MailToCompose; open: number }[] = [];
  const mimeCodec = {
    ...inProcessCodec,
    async compose(mail: MailToCompose) {
      written.push({ mail, open: await openTransactions(owner) });
      return inProcessCodec.compose(mail);
    },
  };
  const door = createDoor({ ...t.parts, lent: { ...t.parts.lent, mimeCodec } });
  const inbox = (await t.seed.inbox()).address;
  const actor = await t.authenticator.authenticate(t.rootToken);
  const send = async (bytes: number) => {
    const content = Buffer.alloc(bytes, "x").toString("base64");
    const input = {
      to: ["human@outside.test"],
      text: "Here it is.",
      attachments: [{ filename: "x.txt", content }],
      idempotencyKey: `${bytes}`,
    };
    const sent = await door.run(sendMessage, actor, { inbox }, input);
    // Asked for again, it is neither written nor sent again.
    expect(await door.run(sendMessage, actor, { inbox }, input)).toEqual(sent);
    return door.run(getMessage, actor, { inbox }, { messageId: sent.messageId });
  };
  const messages = [await send(LARGE_MAIL_BYTES), await send(1000)];
  expect(written.map(({ open }) => open)).toEqual([0, 1]);
  expect(messages.map(({ messageId, timestamp }) => ({ messageId, date: timestamp }))).toEqual(
    written.map(({ mail: { messageId, date } }) => ({ messageId, date })),
  );
  expect(messages.map(({ attachments }) => attachments.map(({ size }) => size))).toEqual([
    [LARGE_MAIL_BYTES],
    [1000],
  ]);
});
