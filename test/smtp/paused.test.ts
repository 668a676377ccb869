/** Mail for a paused inbox on the wire: refused for now, in every process, and taken again when it is resumed; for a suspended one for good. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
/** Another process on the same database. */
let other: TestApp;
let pod: string;
const open: SmtpSession[] = [];

beforeAll(async () => {
  app = await testApp({ ROOKERY_SEAL_KEY: "5e".repeat(32), ROOKERY_API_KEY: `am_us_${"1".repeat(64)}` });
  other = await testApp({
    DATABASE_URL: app.databaseUrl,
    ROOKERY_SEAL_KEY: "5e".repeat(32),
    ROOKERY_API_KEY: `am_us_${"1".repeat(64)}`,
  });
  pod = (await app.client().pods.create({})).podId;
  for (const username of ["one", "two"]) await app.client().pods.inboxes.create(pod, { username });
  await app.client().inboxes.create({ username: "outside" });
});
afterAll(async () => {
  for (const session of open) session.close();
  await other.stop();
  await app.stop();
});

/** A session that has begun a mail. */
async function session({ smtpPort }: TestApp): Promise<SmtpSession> {
  const opened = await SmtpSession.open(smtpPort);
  open.push(opened);
  await opened.reply();
  await opened.command("EHLO client.test");
  await opened.command("MAIL FROM:<a@outside.test>");
  return opened;
}

const change = async (path: string): Promise<void> => {
  expect((await app.request("POST", `/v0${path}`)).status).toBe(200);
};

const PAUSED = /^450 4\.2\.1 /;
const TAKEN = /^250 2\.1\.5 /;

test.each([
  ["inbox", () => "/inboxes/one@rookery.localhost", TAKEN, TAKEN],
  ["pod", () => `/pods/${pod}`, PAUSED, TAKEN],
  ["organization", () => "/organizations", PAUSED, PAUSED],
])(
  "while the %s is paused its recipients are refused for now in every process, others are taken, and all are afterwards",
  async (_what, path, neighbour, outside) => {
    const sessions = [await session(app), await session(other)];
    await change(`${path()}/pause`);
    for (const one of sessions) {
      expect(await one.command("RCPT TO:<one@rookery.localhost>")).toMatch(PAUSED);
      expect(await one.command("RCPT TO:<one+tag@rookery.localhost>")).toMatch(PAUSED);
      expect(await one.command("RCPT TO:<two@rookery.localhost>")).toMatch(neighbour);
      expect(await one.command("RCPT TO:<outside@rookery.localhost>")).toMatch(outside);
      expect(await one.command("RCPT TO:<nobody@rookery.localhost>")).toMatch(/^550 5\.1\.1 /);
    }
    await change(`${path()}/resume`);
    for (const one of sessions) expect(await one.command("RCPT TO:<one@rookery.localhost>")).toMatch(TAKEN);
  },
);

test("recipients of a suspended pod are refused for good in every process at once, its keys with them, and all are taken when that ends", async () => {
  const { podId } = await app.client().pods.create({});
  const { inboxId } = await app.client().pods.inboxes.create(podId, { username: "leaving" });
  const ofPod = await app.client().pods.apiKeys.create(podId, {});
  const ofInbox = await app.client().inboxes.apiKeys.create(inboxId, {});
  if (!("apiKey" in ofPod && "apiKey" in ofInbox)) throw new Error("not bearer keys");
  const processes = [app, other];
  const answers = async () =>
    Promise.all(
      processes.flatMap((one) =>
        [ofPod.apiKey, ofInbox.apiKey].map((key) => one.request("GET", `/v0/inboxes/${inboxId}`, { key })),
      ),
    );
  // Remembered by both from here on.
  expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const sessions = [await session(app), await session(other)];
  await change(`/pods/${podId}/suspend`);
  for (const { status, body } of await answers())
    expect([status, body["code"]]).toEqual([403, "pod_suspended"]);
  for (const one of sessions) {
    expect(await one.command("RCPT TO:<leaving@rookery.localhost>")).toMatch(/^550 5\.2\.1 /);
    expect(await one.command("RCPT TO:<leaving+tag@rookery.localhost>")).toMatch(/^550 5\.2\.1 /);
    expect(await one.command("RCPT TO:<one@rookery.localhost>")).toMatch(TAKEN);
  }
  await change(`/pods/${podId}/unsuspend`);
  for (const one of sessions) expect(await one.command("RCPT TO:<leaving@rookery.localhost>")).toMatch(TAKEN);
  const deadNoMore = async () => (await answers()).every(({ status }) => status === 200);
  await eventually("both processes hear that the keys live again", deadNoMore);
});

test("mail whose recipient was accepted before the pause is stored: it was promised", async () => {
  const one = await session(app);
  expect(await one.command("RCPT TO:<one@rookery.localhost>")).toMatch(TAKEN);
  await change("/inboxes/one@rookery.localhost/pause");
  await one.command("DATA");
  one.write("Subject: promised\r\n\r\nText\r\n");
  expect(await one.command(".")).toMatch(/^250 /);
  const { messages } = await app.client().inboxes.messages.list("one@rookery.localhost");
  expect(messages.map(({ subject }) => subject)).toEqual(["promised"]);
  await change("/inboxes/one@rookery.localhost/resume");
});
