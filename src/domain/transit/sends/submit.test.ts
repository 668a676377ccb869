import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { inProcessCodec, type MailToCompose, type MimeCodec } from "../../../protocols/mime/index.ts";
import { openDatabase } from "../../../storage/db.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { getMessage, getRawMessage } from "../../mail/messages/index.ts";
import { createDomain, trustDomain } from "../../tenancy/domains/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { readSubmission } from "./read-submission.ts";
import { sendMessage } from "./send.ts";
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

/** Requests' transactions that are open, whatever they wait for. */
const openTransactions = async (): Promise<number> => {
  const { rows } = await owner.query(`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'rookery_app' and state like 'idle in transaction%'`);
  return rows[0].count;
};

it("a large mail is written with no transaction open, once, and stored under what it says itself", async () => {
  const written: { mail: MailToCompose; open: number }[] = [];
  const mimeCodec = {
    ...inProcessCodec,
    async compose(mail: MailToCompose) {
      written.push({ mail, open: await openTransactions() });
      return inProcessCodec.compose(mail);
    },
  };
  const door = createDoor({ ...t.parts, lent: { ...t.parts.lent, mimeCodec } });
  const inbox = (await t.seed.inbox()).address;
  const actor = await t.authenticator.authenticate(t.rootToken);
  const send = async (bytes: number, html?: string) => {
    const content = Buffer.alloc(bytes, "x").toString("base64");
    const input = {
      to: ["human@outside.test"],
      text: "Here it is.",
      ...(html !== undefined && { html }),
      attachments: [{ filename: "x.txt", content }],
      idempotencyKey: `${bytes}`,
    };
    const sent = await door.run(sendMessage, actor, { inbox }, input);
    // Asked for again, it is neither written nor sent again.
    expect(await door.run(sendMessage, actor, { inbox }, input)).toEqual(sent);
    return door.run(getMessage, actor, { inbox }, { messageId: sent.messageId });
  };
  // The last is small, and would take as long.
  const messages = [await send(LARGE_MAIL_BYTES), await send(1000), await send(1001, "<p>a".repeat(25_000))];
  expect(written.map(({ open }) => open)).toEqual([0, 1, 0]);
  expect(messages.map(({ messageId, timestamp }) => ({ messageId, date: timestamp }))).toEqual(
    written.map(({ mail: { messageId, date } }) => ({ messageId, date })),
  );
  expect(messages.map(({ attachments }) => attachments.map(({ size }) => size))).toEqual([
    [LARGE_MAIL_BYTES],
    [1000],
    [1001],
  ]);
});

it("a large mail that a client submits is signed with no transaction open, once", async () => {
  const signed: number[] = [];
  const sign: MimeCodec["sign"] = async (...work) => {
    signed.push(await openTransactions());
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
    const { rows } = await owner.query(`select from pg_locks where not granted
      and (relation = 'messages'::regclass or locktype in ('transactionid', 'tuple'))`);
    return rows.length > 1;
  });
  await owner.query("commit");
  const ids = await sent;
  expect(ids).toContain("<in-pieces@x>");
  expect(new Set(ids).size).toBe(2);
  await others.close();
});
