import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { expectUsageTrue } from "../../../../test/support/usage.ts";
import { systemScope } from "../../door/access/index.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { forwardMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a key that may send and not read cannot read a message by forwarding it", async () => {
  const { address: inbox } = await t.seed.inbox();
  await mailInto(t)(inbox, { id: "<private@x>", subject: "Plans", text: "Tell nobody." });
  const input = { messageId: "<private@x>", to: ["me@outside.test"], idempotencyKey: null };
  const { token: blind } = await t.seed.key({ inbox }, "message_send");
  expect(await t.refusal(blind, forwardMessage, { inbox }, input)).toMatchObject({
    code: "permission.missing",
    details: { hint: expect.stringContaining("message_read") },
  });
  const { token: sighted } = await t.seed.key({ inbox }, "message_send", "message_read");
  const { messageId } = await t.run(sighted, forwardMessage, { inbox }, input);
  const forwarded = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  expect(forwarded).toMatchObject({ subject: "Fwd: Plans", to: ["me@outside.test"] });
  expect(forwarded.text).toContain("Tell nobody.");
});

describe("an invitation that is forwarded", () => {
  it.each([
    ["text/calendar; charset=utf-8; method=REQUEST", "text/calendar; charset=utf-8; method=REQUEST"],
    [
      "text/calendar; method=CANCEL; charset=windows-1251",
      "text/calendar; charset=windows-1251; method=CANCEL",
    ],
  ])("keeps its method and charset: %s", async (type, written) => {
    const { address: inbox } = await t.seed.inbox();
    const parts = ["--b", "", "Please come.", "--b", `Content-Type: ${type}`, "", "BEGIN:VCALENDAR", "--b--"];
    const head = ["From: a@x.test", "Message-ID: <1@x>", "Content-Type: multipart/mixed; boundary=b", ""];
    await bytesInto(t)(inbox, Buffer.from([...head, ...parts].join("\r\n")));
    const input = { messageId: "<1@x>", to: ["b@outside.test"], idempotencyKey: null };
    const { messageId } = await t.run(t.rootToken, forwardMessage, { inbox }, input);
    const sent = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
    expect(sent.attachments).toMatchObject([{ contentType: written }]);
    const raw = await t.behind(async (tx) => {
      const { rows } = await sql<{ content: Buffer }>`
        select content from blobs b join messages m on m.pod_id = b.pod_id and m.raw_sha256 = b.sha256
        where m.message_id = ${messageId}`.execute(tx.within(systemScope));
      return rows[0]?.content.toString() ?? "";
    });
    expect(raw.replaceAll(/\r\n\s+/g, " ")).toContain(`Content-Type: ${written}`);
  });
});

it("leaves what inboxes hold counted as it is", () => expectUsageTrue(t));
