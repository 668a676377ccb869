/** Mail to return paths on the wire: one of them or inboxes in a transaction, and what each outcome is answered with. */
import { afterEach, expect, test } from "vitest";
import { offerMail, sendMail } from "../support/smtp-client.ts";
import { type ListenerOptions, startListener, type TestListener } from "../support/smtp-listener.ts";

type Returns = NonNullable<ListenerOptions["returns"]>;

const PATH = "bounces+one@mail.rookery.test";
const OTHER = "bounces+two@mail.rookery.test";
const MAIL = "From: a@x.test\r\nSubject: report\r\n\r\nHello";

let listener: TestListener | null = null;
afterEach(async () => {
  await listener?.stop();
  listener = null;
});

/** Deliveries and mails as they were taken. */
async function start(
  take: Returns["take"],
): Promise<{ readonly port: number; readonly complaints: string[] }> {
  const complaints: string[] = [];
  const text = (raw: Uint8Array): string => Buffer.from(raw).toString("latin1");
  const returns: Returns = {
    deliveryOf: (address) => /^bounces\+(one|two)@/.exec(address)?.[1] ?? null,
    take,
    takeComplaint: async (raw) => void complaints.push(text(raw)),
  };
  listener = await startListener({ returns });
  return { port: listener.port, complaints };
}

test("a report is answered with 250 once it is on record, and stored in no inbox", async () => {
  const taken: string[] = [];
  const { port } = await start(async (deliveryId, raw) => {
    taken.push(`${deliveryId} ${Buffer.from(raw).toString("latin1").split("\r\n")[1]}`);
    return { isReport: true, address: null };
  });
  expect(await offerMail(port, "", [PATH, PATH], MAIL)).toMatch(/^250 2\.0\.0 Ok: recorded as /);
  expect(taken).toEqual(["one Subject: report"]);
  expect(listener?.stored).toEqual([]);
});

test("what could not be recorded is to come again", async () => {
  const { port } = await start(() => Promise.reject(new Error("no database")));
  expect(await offerMail(port, "", [PATH], MAIL)).toMatch(/^451 4\.3\.0 /);
  expect(listener?.errors).toEqual(["recording a report failed"]);
});

test("other mail is stored in the inbox that sent the message, or refused as it would be there", async () => {
  let address: string | null = "desk@rookery.test";
  const { port } = await start(async () => ({ isReport: false, address }));
  expect(await offerMail(port, "", [PATH], MAIL)).toMatch(/^250 2\.0\.0 Ok: queued as /);
  expect(listener?.stored).toMatchObject([
    { inboxes: ["desk@rookery.test"], raw: expect.stringContaining("Hello") },
  ]);
  for (address of ["gone@rookery.test", null])
    expect(await offerMail(port, "", [PATH], MAIL)).toMatch(/^550 5\.1\.1 /);
});

test("a report that is on record is not refused because its inbox takes no mail", async () => {
  const { port } = await start(async () => ({ isReport: true, address: "gone@rookery.test" }));
  expect(await offerMail(port, "", [PATH], MAIL)).toMatch(/^250 /);
});

test.each([[[PATH, OTHER]], [[PATH, "desk@rookery.test"]], [["desk@rookery.test", PATH]]])(
  "%j are not taken in one transaction",
  async (recipients) => {
    const { port } = await start(async () => ({ isReport: true, address: null }));
    expect(await offerMail(port, "", recipients, MAIL)).toMatch(/^452 4\.5\.3 /);
  },
);

test("complaints are looked for in mail to role addresses alone, which is stored as ever", async () => {
  const { port, complaints } = await start(async () => ({ isReport: true, address: null }));
  await sendMail(port, "a@x.test", ["desk@rookery.test"], MAIL);
  expect(complaints).toEqual([]);
  await sendMail(port, "a@x.test", ["Postmaster@rookery.test"], MAIL);
  expect(complaints).toHaveLength(1);
  expect(listener?.stored).toHaveLength(2);
});
