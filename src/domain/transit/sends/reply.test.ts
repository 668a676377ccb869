import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, bytesInto, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { type By, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { type FullMessage, getMessage } from "../../mail/messages/index.ts";
import { listThreads } from "../../mail/threads/index.ts";
import { forwardMessage, type Outgoing, replyAllToMessage, replyToMessage, sendMessage } from "./index.ts";
import { MAX_RECIPIENTS } from "./limits.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const inputOf = (messageId: string, outgoing: Partial<Outgoing> = {}) => ({
  messageId,
  text: "Yes.",
  idempotencyKey: null,
  ...outgoing,
});

describe("a reply to all", () => {
  /** What was sent, as the inbox holds it. */
  async function replyAll(inbox: string, messageId: string): Promise<FullMessage> {
    const sent = await t.run(t.rootToken, replyAllToMessage, { inbox }, inputOf(messageId));
    return t.run(t.rootToken, getMessage, { inbox }, { messageId: sent.messageId });
  }

  it("goes once to everybody, and not to the inbox itself under any tag or case", async () => {
    const inbox = await makeInbox();
    const tagged = inbox.replace("@", "+Invoices@");
    const cc = `Me <${tagged}>, ${inbox.toUpperCase()}, HUMAN@outside.test, Boss <boss@two.test>, boss@two.test`;
    await arrive(inbox, { id: "<all@x>", headers: `Cc: ${cc}\r\n` });
    expect(await replyAll(inbox, "<all@x>")).toMatchObject({
      to: ["Human <human@outside.test>"],
      cc: ["Boss <boss@two.test>"],
      bcc: [],
    });
  });

  it("is refused when they are more than a message may have, and sent when they are just as many", async () => {
    const inbox = await makeInbox();
    const others = Array.from({ length: MAX_RECIPIENTS }, (_, n) => `p${n}@many.test`);
    await arrive(inbox, { id: "<many@x>", headers: `Cc: ${others.join(",\r\n ")}\r\n` });
    const refusal = await t.refusal(t.rootToken, replyAllToMessage, { inbox }, inputOf("<many@x>"));
    expect(refusal).toMatchObject({ code: "input.invalid", details: { path: [] } });
    expect(refusal.message).toContain(`${MAX_RECIPIENTS} recipients at most`);

    await arrive(inbox, { id: "<few@x>", headers: `Cc: ${others.slice(1).join(",\r\n ")}\r\n` });
    expect((await replyAll(inbox, "<few@x>")).cc).toEqual(others.slice(1));
  });
});

it("two replies that wait while their thread is deleted are refused, and leave no thread behind", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<going@x>" });
  const refusalOf = async (text: string): Promise<string> => {
    const input = { ...inputOf("<going@x>", { text }), replyAll: false };
    return (await t.refusal(t.rootToken, replyToMessage, { inbox }, input)).code;
  };
  const { promise: begun, resolve: begin } = Promise.withResolvers<Promise<string[]>>();
  await t.behind(async (tx) => {
    const db = tx.within(systemScope);
    await sql`select from threads for update`.execute(db);
    begin(Promise.all(["a", "b"].map(refusalOf)));
    // One connection or two: what begins at the same moment may be one transaction, or wait for its turn.
    await eventually("a reply waits", async () => (await lockWaits(tx)).length > 0);
    await sql`delete from threads where id in (select thread_id from messages where message_id = '<going@x>')`.execute(
      db,
    );
  });
  expect(await begun).toEqual(["object.not_found", "object.not_found"]);
  expect((await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items).toEqual([]);
});

it("a key that may send and not read cannot tell others a message's subject by a reply to them", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<private@x>" });
  const { token: blind } = await t.seed.key({ inbox }, "message_send");
  const { token: sighted } = await t.seed.key({ inbox }, "message_send", "message_read");
  const elsewhere = ["me@outside.test"];
  const input = (outgoing: Partial<Outgoing> = {}) => ({
    ...inputOf("<private@x>", outgoing),
    replyAll: false,
  });
  const reply = (by: By, outgoing?: Partial<Outgoing>) =>
    t.run(by, replyToMessage, { inbox }, input(outgoing));
  for (const outgoing of [{ to: elsewhere }, { cc: elsewhere }, { bcc: elsewhere }]) {
    const refusal = await t.refusal(blind, replyToMessage, { inbox }, input(outgoing));
    expect(refusal).toMatchObject({
      code: "permission.missing",
      details: { hint: expect.stringContaining("message_read") },
    });
    expect(await reply(sighted, outgoing)).toHaveProperty("messageId");
  }
  expect(await reply(blind)).toHaveProperty("messageId");
  const toAll = inputOf("<private@x>");
  expect(await t.run(blind, replyAllToMessage, { inbox }, toAll)).toHaveProperty("messageId");
});

it("a key that may only reply answers those whom the message names, and starts no mail to others", async () => {
  const inbox = await makeInbox();
  await arrive(inbox, { id: "<asked@x>" });
  const { token } = await t.seed.key({ inbox }, "message_reply", "message_read");
  const reply = { ...inputOf("<asked@x>"), replyAll: false };
  expect(await t.run(token, replyToMessage, { inbox }, reply)).toHaveProperty("messageId");
  expect(await t.run(token, replyToMessage, { inbox }, { ...reply, replyAll: true })).toHaveProperty(
    "messageId",
  );
  expect(await t.run(token, replyAllToMessage, { inbox }, inputOf("<asked@x>"))).toHaveProperty("messageId");
  const to = { to: ["other@outside.test"], text: "x", idempotencyKey: null };
  const refusals = [
    await t.refusal(token, replyToMessage, { inbox }, { ...reply, to: to.to }),
    await t.refusal(token, sendMessage, { inbox }, to),
    await t.refusal(token, forwardMessage, { inbox }, { ...to, messageId: "<asked@x>" }),
  ];
  for (const refusal of refusals)
    expect(refusal).toMatchObject({
      code: "permission.missing",
      details: { hint: expect.stringContaining("message_send") },
    });
});

const specimen = (name: string): Buffer =>
  readFileSync(new URL(`../../../protocols/mime/fixtures/cases/${name}.eml`, import.meta.url));

const mail = (...lines: readonly string[]): Buffer => Buffer.from([...lines, "", "Hello."].join("\r\n"));

/** Recipients of a reply without any given, to a mail with an odd address. */
async function answered(raw: Uint8Array, messageId: string): Promise<readonly string[]> {
  const inbox = await makeInbox();
  await bytesInto(t)(inbox, raw);
  const input = { ...inputOf(messageId), replyAll: false };
  const sent = await t.run(t.rootToken, replyToMessage, { inbox }, input);
  return (await t.run(t.rootToken, getMessage, { inbox }, { messageId: sent.messageId })).to;
}

describe("the sender can be answered, at exactly that address", () => {
  it.each([
    ["address-two-dots", "<case-81@example.com>", "Taro <taro..1970@carrier.example>"],
    ["address-quoted-local-part", "<case-84@example.com>", '"front desk"@example.com'],
    ["address-comment", "<case-86@example.com>", "Pete <pete@silly.example>"],
  ])("%s", async (name, id, to) => {
    expect(await answered(specimen(name), id)).toEqual([to]);
  });

  it.each([
    ["taro.@carrier.example", "taro.@carrier.example"],
    [".taro@carrier.example", ".taro@carrier.example"],
    ['Desk <"a<b,c"@x.test>', 'Desk <"a<b,c"@x.test>'],
    ['"a\\"b"@x.test', '"a\\"b"@x.test'],
    ["Jane <front desk@x.test>", 'Jane <"front desk"@x.test>'],
    [`${"b".repeat(100)}@bounces.test`, `${"b".repeat(100)}@bounces.test`],
    ["jane@my_host.test", "jane@my_host.test"],
    ["jane@हिन्दी.test", "jane@हिन्दी.test"],
    ["<@relay.test,@other.test:jane@x.test>", "jane@x.test"],
    ["jane @ x . test", "jane@x.test"],
    ["jane@x.test.", "jane@x.test"],
    ["=?utf-8?Q?Jane_=3Cjane=40x.test=3E?=", "Jane <jane@x.test>"],
  ])("%s", async (from, to) => {
    expect(
      await answered(mail(`From: ${from}`, "Message-ID: <1@x.test>", "Subject: x"), "<1@x.test>"),
    ).toEqual([to]);
  });
});
