/** Which mails are the same mail, and what becomes of another under a known Message-ID. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, allThreads } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteMessage, type FullMessage, getMessage, listMessages } from "../../mail/messages/index.ts";
import { listThreads } from "../../mail/threads/index.ts";
import { replyToMessage, sendMessage } from "../sends/index.ts";

let t: TestDoor;
/** Two receivers on one database, as two processes have. */
let arrive: ReturnType<typeof bytesInto>;
let arriveElsewhere: ReturnType<typeof bytesInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = bytesInto(t);
  arriveElsewhere = bytesInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;

interface Written {
  /** Fields behind the first, each without its line end. */
  readonly fields?: readonly string[];
  readonly trace?: readonly string[];
  readonly body?: string;
}

const basic = [
  "From: Shop <shop@x.test>",
  "To: desk@rookery.test",
  "Subject: Parcel",
  "Date: Fri, 20 Nov 2026 10:00:00 +0000",
];

/** A mail under <parcel@x>. */
const mail = ({ fields = basic, trace = [], body = "Parcel 111 is on its way.\r\n" }: Written = {}): Buffer =>
  Buffer.from([...trace, "Message-ID: <parcel@x>", ...fields, "", body].join("\r\n"));

async function messagesOf(inbox: string): Promise<FullMessage[]> {
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  return Promise.all(items.map(({ messageId }) => t.run(t.rootToken, getMessage, { inbox }, { messageId })));
}

const textsOf = async (inbox: string): Promise<(string | undefined)[]> =>
  (await messagesOf(inbox)).map(({ text }) => text?.trim()).toSorted();

/** The raw message, byte for byte. */
async function rawOf(inbox: string, messageId: string): Promise<Buffer> {
  const { id, podId } = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  const { rows } = await t.behind((tx) =>
    sql<{ content: Buffer }>`select content from blobs where pod_id = ${podId} and sha256 = (
      select raw_sha256 from messages where pod_id = ${podId} and id = ${id})`.execute(
      tx.within(systemScope),
    ),
  );
  return rows[0]?.content ?? Buffer.alloc(0);
}

const threadCount = async (inbox: string): Promise<number> =>
  (await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items.length;

const replaced = (from: string, to: string): string[] => basic.map((field) => field.replace(from, to));

describe("the same mail is stored once", () => {
  it.each<[string, Written]>([
    ["as it is", {}],
    [
      "with other trace fields",
      {
        trace: [
          "Return-Path: <bounce@x.test>",
          "Delivered-To: desk@rookery.test",
          "Received: from a.test by b.test; Fri, 20 Nov 2026 10:00:01 +0000",
          "Authentication-Results: b.test; spf=pass",
          "DKIM-Signature: v=1; a=rsa-sha256; b=xyz",
          "ARC-Seal: i=1; b=xyz",
          "X-Spam-Status: No",
          "List-Id: <news.x.test>",
          "Resent-From: other@x.test",
        ],
      },
    ],
    ["with its fields folded anew", { fields: replaced("Shop <", "Shop\r\n\t<") }],
    ["in another order of its fields", { fields: basic.toReversed() }],
    ["with its line ends changed", { body: "Parcel 111 is on its way.\r\n\r\n\r\n" }],
    [
      "in another transfer encoding",
      {
        fields: [...basic, "Content-Transfer-Encoding: quoted-printable"],
        body: "Parcel=20111 is on its=\r\n way.\r\n",
      },
    ],
  ])("%s", async (_what, second) => {
    const inbox = await makeInbox();
    await arrive(inbox, mail());
    await arrive(inbox, mail(second));
    expect(await messagesOf(inbox)).toHaveLength(1);
  });

  it("sent to two processes at once, in several copies", async () => {
    const inbox = await makeInbox();
    await Promise.all([arrive, arriveElsewhere, arrive, arriveElsewhere].map((into) => into(inbox, mail())));
    expect(await messagesOf(inbox)).toHaveLength(1);
  });

  it("without a Message-ID, whatever its trace fields", async () => {
    const inbox = await makeInbox();
    const bare = (...trace: string[]): Buffer => Buffer.from([...trace, ...basic, "", "Hi"].join("\r\n"));
    await arrive(inbox, bare());
    await arrive(inbox, bare("Received: from a.test by b.test; Fri, 20 Nov 2026 10:00:01 +0000"));
    expect(await messagesOf(inbox)).toHaveLength(1);
  });

  it("that this server sent and a list or a forwarder brings back", async () => {
    const inbox = await makeInbox();
    const to = ["list@outside.test"];
    const sent = await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      { to, subject: "Fête", text: "Hello.", idempotencyKey: null },
    );
    const bytes = await rawOf(inbox, sent.messageId);
    await arrive(
      inbox,
      Buffer.concat([
        Buffer.from("Received: from list.test by mx.test; now\r\nList-Id: <l.test>\r\n"),
        bytes,
      ]),
    );
    expect((await messagesOf(inbox)).map(({ messageId }) => messageId)).toEqual([sent.messageId]);
    const footed = Buffer.concat([bytes, Buffer.from("-- \r\nSent to the list.\r\n")]);
    await arrive(inbox, footed);
    expect(await messagesOf(inbox)).toHaveLength(2);
  });
});

describe("another mail under a known Message-ID is stored under an id of its own", () => {
  const pdf = (content: string): Written => ({
    fields: [...basic, "Content-Type: multipart/mixed; boundary=b"],
    body: `--b\r\n\r\nSee file.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n${content}\r\n--b--\r\n`,
  });

  it.each<[string, Written, Written]>([
    ["another text", {}, { body: "Parcel 222 is on its way.\r\n" }],
    ["another sender", {}, { fields: replaced("shop@", "rogue@") }],
    ["another name of the sender", {}, { fields: replaced("Shop", "Bank") }],
    ["another subject", {}, { fields: replaced("Parcel", "Parcel 2") }],
    ["another recipient", {}, { fields: replaced("desk@", "sales@") }],
    ["another date", {}, { fields: replaced("10:00:00", "10:00:01") }],
    ["an answer to another", {}, { fields: [...basic, "In-Reply-To: <other@x>"] }],
    ["another file", pdf("one"), pdf("two")],
    ["no text", {}, { body: "" }],
  ])("%s", async (_what, first, second) => {
    const inbox = await makeInbox();
    const raws = [mail(first), mail(second)];
    for (const raw of [...raws, ...raws]) await arrive(inbox, raw);
    const messages = await messagesOf(inbox);
    expect(messages.map(({ sentMessageId }) => sentMessageId)).toEqual(["<parcel@x>", "<parcel@x>"]);
    const ids = messages.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(2);
    expect(ids.filter((id) => id !== "<parcel@x>")).toEqual([
      expect.stringMatching(/^<[0-9a-f-]{36}@mx\.rookery\.localhost>$/),
    ]);
    const stored = await Promise.all(ids.map(async (id) => (await rawOf(inbox, id)).toString()));
    expect(stored.toSorted()).toEqual(raws.map(String).toSorted());
    expect(await threadCount(inbox)).toBe(2);
  });

  it("in one group, and to two processes at once", async () => {
    const inbox = await makeInbox();
    const bodies = ["one", "two", "three", "two", "one", "three"];
    await Promise.all(
      bodies.map((body, index) => (index % 2 === 0 ? arrive : arriveElsewhere)(inbox, mail({ body }))),
    );
    expect(await textsOf(inbox)).toEqual(["one", "three", "two"]);
  });

  it("in one inbox, while another that does not know it takes it under its own", async () => {
    const [knowing, other] = [await makeInbox(), await makeInbox()];
    await arrive(knowing, mail({ body: "rubbish" }));
    for (const inbox of [knowing, other]) await arrive(inbox, mail());
    expect(await textsOf(knowing)).toEqual(["Parcel 111 is on its way.", "rubbish"]);
    expect((await messagesOf(other)).map(({ messageId }) => messageId)).toEqual(["<parcel@x>"]);
  });

  it("in one of a mail's inboxes alone", async () => {
    const [knowing, other] = [await makeInbox(), await makeInbox()];
    await arrive(knowing, mail({ body: "rubbish" }));
    await arrive([knowing, other], mail());
    await arrive([other, knowing], mail({ trace: ["Received: from a by b; now"] }));
    expect(await textsOf(knowing)).toEqual(["Parcel 111 is on its way.", "rubbish"]);
    expect(await textsOf(other)).toEqual(["Parcel 111 is on its way."]);
  });

  it("and the database holds one of each content, whoever writes", async () => {
    const inbox = await makeInbox();
    for (const body of ["one", "two", "three"]) await arrive(inbox, mail({ body }));
    const [{ podId, inboxId } = { podId: "", inboxId: "" }] = await messagesOf(inbox);
    const alike = t.behind((tx) =>
      sql`update messages set content_sha256 = sha256('same') where pod_id = ${podId} and inbox_id = ${inboxId}`.execute(
        tx.within(systemScope),
      ),
    );
    await expect(alike).rejects.toThrow("messages_by_sent_id");
  });

  it("also when that is one of ours", async () => {
    const inbox = await makeInbox();
    const sent = await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      { to: ["a@x.test"], text: "Ours.", idempotencyKey: null },
    );
    const forged = `From: rogue@x.test\r\nMessage-ID: ${sent.messageId}\r\n\r\nNot ours.\r\n`;
    await arrive(inbox, Buffer.from(forged));
    expect(await textsOf(inbox)).toEqual(["Not ours.", "Ours."]);
    const answer = `From: a@x.test\r\nMessage-ID: <answer@x>\r\nIn-Reply-To: ${sent.messageId}\r\n\r\nYes.\r\n`;
    await arrive(inbox, Buffer.from(answer));
    const [answered] = (await messagesOf(inbox)).filter(({ messageId }) => messageId === "<answer@x>");
    expect(answered?.threadId).toBe(sent.threadId);
  });

  it("and one that takes an id made here for its own is stored, too", async () => {
    const inbox = await makeInbox();
    for (const body of ["one", "two"]) await arrive(inbox, mail({ body }));
    const made = (await messagesOf(inbox))
      .map(({ messageId }) => messageId)
      .find((id) => id !== "<parcel@x>");
    for (const body of ["two", "three"])
      await arrive(
        inbox,
        Buffer.from(
          mail({ body })
            .toString()
            .replace("<parcel@x>", made ?? ""),
        ),
      );
    expect(await textsOf(inbox)).toEqual(["one", "three", "two", "two"]);
  });

  it("and one without an id is stored beside another that has the id made for it", async () => {
    const inbox = await makeInbox();
    const bare = Buffer.from([...basic, "", "Real."].join("\r\n"));
    const elsewhere = await makeInbox();
    await arrive(elsewhere, bare);
    const made = (await messagesOf(elsewhere))[0]?.messageId;
    await arrive(inbox, Buffer.from(`From: rogue@x.test\r\nMessage-ID: ${made}\r\n\r\nRubbish.\r\n`));
    for (const raw of [bare, bare]) await arrive(inbox, raw);
    expect(await textsOf(inbox)).toEqual(["Real.", "Rubbish."]);
  });

  it("stored before contents were compared: it is taken for another, and kept", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, mail());
    await t.behind((tx) =>
      sql`update messages set content_sha256 = null where sent_message_id is null`.execute(
        tx.within(systemScope),
      ),
    );
    await arrive(inbox, mail());
    expect(await messagesOf(inbox)).toHaveLength(2);
  });
});

describe("the second mail under a Message-ID", () => {
  async function two(): Promise<{ inbox: string; second: FullMessage }> {
    const inbox = await makeInbox();
    for (const body of ["one", "two"]) await arrive(inbox, mail({ body }));
    const second = (await messagesOf(inbox)).find(({ text }) => text?.trim() === "two");
    if (second === undefined) throw new Error("the second mail is not there");
    return { inbox, second };
  }

  it("is answered under the Message-ID that it was sent under, in its own thread", async () => {
    const { inbox, second } = await two();
    const sent = await t.run(
      t.rootToken,
      replyToMessage,
      { inbox },
      { messageId: second.messageId, text: "Thanks.", replyAll: false, idempotencyKey: null },
    );
    expect(sent.threadId).toBe(second.threadId);
    const raw = (await rawOf(inbox, sent.messageId)).toString();
    expect(raw).toMatch(/^In-Reply-To: <parcel@x>\r$/m);
    expect(raw).toMatch(/^References: <parcel@x>\r$/m);
    expect(raw).not.toContain("mx.rookery.localhost");
  });

  it("is what an answer joins when the first was deleted, and is still the same mail", async () => {
    const { inbox, second } = await two();
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<parcel@x>" });
    await arrive(inbox, mail({ body: "two" }));
    expect(await textsOf(inbox)).toEqual(["two"]);
    await arrive(inbox, Buffer.from("Message-ID: <answer@x>\r\nIn-Reply-To: <parcel@x>\r\n\r\nThird."));
    const answer = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<answer@x>" });
    expect(answer.threadId).toBe(second.threadId);
  });

  it("draws no answers away from the first", async () => {
    const { inbox, second } = await two();
    await arrive(inbox, Buffer.from("Message-ID: <answer@x>\r\nIn-Reply-To: <parcel@x>\r\n\r\nThird."));
    const answer = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<answer@x>" });
    const first = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<parcel@x>" });
    expect(answer.threadId).toBe(first.threadId);
    expect(answer.threadId).not.toBe(second.threadId);
  });
});
