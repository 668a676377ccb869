/** RFC 5321 section 4.5.1 on a whole server: mail to postmaster is taken, and an operator can read it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const POSTMASTER = "postmaster@rookery.localhost";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

const inboxes = async (): Promise<string[]> =>
  (await app.client().inboxes.list()).inboxes.map(({ inboxId }) => inboxId);

test("a server that is asked whether it is ready makes no inbox", async () => {
  expect((await app.request("GET", "/readyz")).status).toBe(200);
  expect(await inboxes()).toEqual([]);
});

test("postmaster gets its mail with and without a domain, in any case, and so does abuse", async () => {
  for (const [index, written] of [
    "postmaster",
    "PostMaster",
    "Postmaster@Rookery.Localhost",
    "abuse@rookery.localhost",
  ].entries())
    expect(
      await sendMail(app.smtpPort, "", [written], `Message-ID: <${index}@outside.test>\r\n\r\nTo ${written}`),
    ).toMatch(/^250 /);
  expect(await inboxes()).toEqual([POSTMASTER]);
  const { messages } = await app.client().inboxes.messages.list(POSTMASTER, { ascending: true });
  expect(messages.map(({ preview }) => preview).toSorted()).toEqual([
    "To PostMaster",
    "To Postmaster@Rookery.Localhost",
    "To abuse@rookery.localhost",
    "To postmaster",
  ]);
});

test("another name without a domain is still refused", async () => {
  expect(await sendMail(app.smtpPort, "", ["abuse"], "\r\nHi")).not.toMatch(/^250 /);
});
