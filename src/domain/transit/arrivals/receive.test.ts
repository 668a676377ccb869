import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage, listMessages } from "../../mail/messages/index.ts";
import { MAX_STATEMENT_CHARACTERS } from "../../mail/messages/limits.ts";

let t: TestDoor;
let arrive: ReturnType<typeof bytesInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = bytesInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const idsOf = async (inbox: string): Promise<string[]> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.map(({ messageId }) => messageId);

describe("mail that looks the same", () => {
  it("is stored once under one Message-ID, and without one when its date is the same", async () => {
    const inbox = await makeInbox();
    const dated = "From: a@x.test\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nDisk is full.\r\n";
    for (const raw of [dated, dated, `Message-ID: <same@x>\r\n${dated}`, `Message-ID: <same@x>\r\n${dated}`])
      await arrive(inbox, Buffer.from(raw));
    expect(await idsOf(inbox)).toHaveLength(2);
  });

  it("is kept when neither id nor date tells whether it is the same and an hour has gone by", async () => {
    const inbox = await makeInbox();
    const raw = Buffer.from("From: cron@x.test\r\nSubject: Alert\r\n\r\nDisk is full.\r\n");
    for (const at of ["2026-11-20T10:00:00Z", "2026-11-20T10:30:00Z", "2026-11-20T11:00:00Z"])
      await arrive(inbox, raw, new Date(at));
    const ids = await idsOf(inbox);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });
});

it("a mail with a Message-ID longer than can be indexed is stored under one of ours", async () => {
  const inbox = await makeInbox();
  // Characters that compress badly, of three octets each.
  const long = Array.from({ length: 900 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)));
  await arrive(inbox, Buffer.from(`From: a@x.test\r\nMessage-ID: <${long.join("")}@x>\r\n\r\nHi\r\n`));
  expect(await idsOf(inbox)).toEqual([expect.stringMatching(/^<[0-9a-f]{40}@mx\.rookery\.localhost>$/)]);
});

it("a large mail for many inboxes, whose texts are longer together than a statement may be, is stored whole in each", async () => {
  const inboxes = await Promise.all(Array.from({ length: 9 }, makeInbox));
  const text = "0123456789 letters\n".repeat(210_000);
  expect(text.length * inboxes.length).toBeGreaterThan(MAX_STATEMENT_CHARACTERS);
  const file =
    "--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--\r\n";
  await arrive(
    inboxes,
    Buffer.from(
      `From: a@x.test\r\nMessage-ID: <large@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${text}\r\n${file}`,
    ),
  );
  for (const inbox of inboxes) {
    const message = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<large@x>" });
    expect(message.text).toHaveLength(text.length);
    expect(message.attachments.map(({ filename }) => filename)).toEqual(["a.csv"]);
  }
});
