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

test("the postmaster of a tenant's domain, and of the host of its return paths, is the operator's; the tenant sees nothing of it", async () => {
  const pod = await app.client().pods.create({});
  const { domainId } = await app.client().pods.domains.create(pod.podId, {
    domain: "tenant.test",
    feedbackEnabled: false,
  });
  const written = ["postmaster@tenant.test", "abuse@mail.tenant.test", "postmaster@mail.rookery.localhost"];
  const hand = (to: string): Promise<string> =>
    sendMail(app.smtpPort, "a@outside.test", [to], `Message-ID: <${to}>\r\n\r\nTo ${to}`);
  // Unverified, it is anybody's to claim.
  expect(await hand("postmaster@tenant.test")).not.toMatch(/^250 /);
  expect((await app.request("PUT", `/v0/domains/${domainId}/trust`)).status).toBe(200);
  for (const to of written) expect(await hand(to), to).toMatch(/^250 /);
  const { messages } = await app.client().inboxes.messages.list(POSTMASTER);
  expect(messages.map(({ preview }) => preview)).toEqual(
    expect.arrayContaining(written.map((to) => `To ${to}`)),
  );
  expect((await app.client().pods.inboxes.list(pod.podId)).inboxes).toEqual([]);
});

test.each([
  "postmaster@elsewhere.test",
  "postmaster@mail.elsewhere.test",
  "scout@mail.tenant.test",
  "postmaster%elsewhere.test@rookery.localhost",
  '"postmaster@elsewhere.test"@rookery.localhost',
  "@rookery.localhost:postmaster@elsewhere.test",
  "postmaster@[127.0.0.1]",
])("<%s> is nobody here, and is handed on to nobody", async (written) => {
  expect(await sendMail(app.smtpPort, "a@outside.test", [written], "\r\nHi")).not.toMatch(/^250 /);
});
