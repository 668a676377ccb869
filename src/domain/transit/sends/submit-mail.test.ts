import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openTransactions } from "../../../../test/support/open-transactions.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { inProcessCodec, type MimeCodec } from "../../../protocols/mime/index.ts";
import { openDatabase } from "../../../storage/db.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { getRawMessage, listMessages } from "../../mail/messages/index.ts";
import { createDomain, trustDomain } from "../../tenancy/domains/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { listDeliveries } from "../outbound/index.ts";
import { readSubmission, type SubmittedMail } from "./read-submission.ts";
import { submitMail } from "./submit-mail.ts";

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

const trace = "Received: from client.test\r\n";

/** A mail as a client of `address` submits it. @param fields of its header, each with its CR LF */
const submitted = (
  address: string,
  recipients: readonly string[],
  fields = `From: ${address}\r\n`,
): Promise<SubmittedMail> => {
  const raw = Buffer.from(`${fields}Subject: x\r\nMessage-ID: <own@client>\r\n\r\nHello`);
  const submission = { raw, trace, reversePath: address, recipients, submittedAt: new Date() };
  return readSubmission(submission, inProcessCodec, "<none@x>");
};
const mailIn = async (inbox: string) =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items;

it("a mail is stored with the client's bytes behind the trace, under its own Message-ID, for each recipient, once", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  // One that its header does not name.
  const recipients = ["ann@far.test", "hidden@far.test"];
  const fields = `From: ${inbox}\r\nTo: ann@far.test\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n`;
  const mail = await submitted(inbox, recipients, fields);
  const submit = () => t.run(t.rootToken, submitMail, { inbox }, mail);
  const sent = await submit();
  expect(sent.messageId).toBe("<own@client>");
  expect(await submit()).toEqual(sent);
  const [message, ...more] = await mailIn(inbox);
  expect(more).toEqual([]);
  expect(message).toMatchObject({
    ...{
      direction: "outbound",
      labels: ["sent"],
      from: inbox,
      to: ["ann@far.test"],
      bcc: ["hidden@far.test"],
    },
    size: mail.raw.byteLength,
  });
  const { items } = await t.run(t.rootToken, listDeliveries, { pod }, { page: allMessages.page });
  expect(items.map(({ recipients: of }) => of.map(({ address }) => address))).toEqual([recipients]);
});

it("one under another's address, in the header or the envelope, is refused, and nothing is stored", async () => {
  const [inbox, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const to = ["ann@far.test"];
  for (const mail of [
    await submitted(inbox, to, `From: ${other}\r\n`),
    await submitted(inbox, to, `From: ${inbox}\r\nSender: ${other}\r\n`),
    await submitted(other, to, `From: ${inbox}\r\n`),
  ])
    expect((await t.refusal(t.rootToken, submitMail, { inbox }, mail)).code).toBe("scope.forbidden");
  const large = { ...(await submitted(inbox, to)), raw: Buffer.alloc(1024 * 1024 + 4097) };
  expect((await t.refusal(t.rootToken, submitMail, { inbox }, large)).code).toBe("input.too_large");
  const { token } = await t.seed.key({ inbox: other });
  const foreign = await t.refusal(token, submitMail, { inbox }, await submitted(inbox, to));
  expect(foreign.code).toBe("inbox.not_found");
  expect(await mailIn(inbox)).toEqual([]);
});

it("a large mail that a client submits is signed with no transaction open, once", async () => {
  const signed: number[] = [];
  const sign: MimeCodec["sign"] = async (...work) => {
    signed.push(await openTransactions(owner));
    return inProcessCodec.sign(...work);
  };
  const { lent } = t.parts;
  const installation = { ...lent.installation, sendsOut: true };
  const mimeCodec = { ...inProcessCodec, sign };
  const door = createDoor({ ...t.parts, lent: { ...lent, mimeCodec, installation } });
  const pod = await t.seed.pod();
  await t.run(t.rootToken, createDomain, { pod }, { domain: "submits.example" });
  await t.run(t.rootToken, trustDomain, {}, { domain: "submits.example", trusted: true });
  const { address } = await t.run(
    t.rootToken,
    createInbox,
    { pod },
    { username: "agent", domain: "submits.example" },
  );
  const actor = await t.authenticator.authenticate(t.rootToken);
  const submit = async (bytes: number) => {
    const submission = {
      raw: Buffer.from(
        `From: ${address}\r\nSubject: x\r\n\r\n${"x"
          .repeat(70)
          .concat("\r\n")
          .repeat(bytes / 72)}`,
      ),
      trace: "Received: from client.test\r\n",
      ...{ reversePath: address, recipients: ["human@outside.test"], submittedAt: new Date() },
    };
    const mail = await readSubmission(submission, mimeCodec, `<${bytes}@submits.example>`);
    const { messageId } = await door.run(submitMail, actor, { inbox: address }, mail);
    return door.run(getRawMessage, actor, { inbox: address }, { messageId });
  };
  const sizes = [(await submit(2 * LARGE_MAIL_BYTES)).size, (await submit(7200)).size];
  expect(signed).toEqual([0, 1]);
  expect(sizes[0]).toBeGreaterThan(2 * LARGE_MAIL_BYTES);
});

it("a mail that two processes take at once for some of its recipients each is sent by both", async () => {
  const { address } = await t.seed.inbox();
  const actor = await t.authenticator.authenticate(t.rootToken);
  const others = openDatabase(t.engine, 2);
  const doors = [t.door, createDoor({ ...t.parts, database: others })];
  const submitTo = async (door: Door, recipient: string): Promise<string> => {
    const raw = Buffer.from(`From: ${address}\r\nSubject: x\r\nMessage-ID: <in-pieces@x>\r\n\r\nHello`);
    const envelope = { reversePath: address, recipients: [recipient], submittedAt: new Date() };
    const submission = { raw, trace: "Received: from client.test\r\n", ...envelope };
    const mail = await readSubmission(submission, inProcessCodec, "<none@x>");
    return (await door.run(submitMail, actor, { inbox: address }, mail)).messageId;
  };
  // Both have looked for the Message-ID before either is stored: one waits for the table, the other for it or for the first.
  await owner.query("begin; lock table messages in share row exclusive mode");
  const sent = Promise.all(doors.map((door, index) => submitTo(door, `r${index}@outside.test`)));
  await eventually("both wait", async () => {
    const waits = (await lockWaits(owner)).filter(
      ({ relation, locktype }) => relation === "messages" || /^(transactionid|tuple)$/.test(locktype),
    );
    return waits.length > 1;
  });
  await owner.query("commit");
  const ids = await sent;
  expect(ids).toContain("<in-pieces@x>");
  expect(new Set(ids).size).toBe(2);
  await others.close();
});
