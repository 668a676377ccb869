/** Policies with Nylas's own client. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Nylas } from "../support/nylas.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let nylas: Nylas;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  nylas = app.nylas();
});
afterAll(() => app.stop());

it("a policy is created, listed, read, changed key by key, and deleted", async () => {
  const { data: made, requestId } = await nylas.policies.create({
    requestBody: {
      name: "Standard",
      limits: {
        limitAttachmentCountLimit: 10,
        limitAttachmentAllowedTypes: ["image/*"],
        limitInboxRetentionPeriod: 30,
      },
      options: { additionalFolders: ["Leads"] },
      spamDetection: { useListDnsbl: true },
    },
  });
  expect(requestId).toEqual(expect.any(String));
  expect(made).toMatchObject({
    name: "Standard",
    applicationId: expect.any(String),
    organizationId: expect.any(String),
    rules: [],
    options: { additionalFolders: ["Leads"] },
    spamDetection: { useListDnsbl: true, useHeaderAnomalyDetection: false, spamSensitivity: 1 },
    createdAt: expect.any(Number),
  });
  expect(made.limits).toMatchObject({
    limitAttachmentCountLimit: 10,
    limitAttachmentAllowedTypes: ["image/*"],
    limitInboxRetentionPeriod: 30,
    limitSpamRetentionPeriod: 29,
    limitStorageTotal: -1,
    limitCountDailyEmailSent: -1,
  });
  const policyId = made.id;
  const { data: changed } = await nylas.policies.update({
    policyId,
    requestBody: { limits: { limitAttachmentCountLimit: 5 }, spamDetection: { spamSensitivity: 2 } },
  });
  expect(changed).toMatchObject({
    id: policyId,
    limits: { limitAttachmentCountLimit: 5, limitInboxRetentionPeriod: 30 },
    spamDetection: { useListDnsbl: true, spamSensitivity: 2 },
  });
  expect((await nylas.policies.find({ policyId })).data).toEqual(changed);
  expect((await nylas.policies.list()).data).toContainEqual(changed);
  // What is shown may be set again as it is.
  const { limits } = changed;
  const same = await nylas.policies.update({ policyId, requestBody: { limits: limits ?? {} } });
  expect(same.data.limits).toEqual(limits);
  await nylas.policies.destroy({ policyId });
  await expect(nylas.policies.find({ policyId })).rejects.toMatchObject({
    statusCode: 404,
    type: "not_found_error",
  });
});

it("lists go page by page as the client walks them", async () => {
  const names = ["one", "two", "three"];
  for (const name of names) await nylas.policies.create({ requestBody: { name } });
  const found: string[] = [];
  for await (const page of nylas.policies.list({ queryParams: { limit: 2 } }))
    found.push(...page.data.map(({ name }) => name));
  expect(found.slice(0, 3)).toEqual(names.toReversed());
});

/** A create as programs write it that use no client. */
const create = async (limits: Record<string, number | null>) => {
  const { status, body } = await app.request("POST", "/v3/policies", { body: { name: "A", limits } });
  // Cast: what the answer to a create has.
  return { status, body, limits: (body as { data?: { limits: Record<string, number> } }).data?.limits ?? {} };
};

it("the daily send cap has three names: any sets it, all show it, and the newest counts when they differ", async () => {
  const names = [
    "limit_count_daily_email_sent",
    "limit_count_daily_message_sent",
    "limit_count_daily_message_per_grant",
  ] as const;
  for (const name of names) {
    const { limits } = await create({ [name]: 500 });
    expect(names.map((one) => limits[one])).toEqual([500, 500, 500]);
  }
  const { limits } = await create({
    limit_count_daily_message_per_grant: 9,
    limit_count_daily_email_sent: 5,
  });
  expect(names.map((one) => limits[one])).toEqual([5, 5, 5]);
});

it("a limit above the server's maximum is refused with 403 in the words that clients look for", async () => {
  const refused = await create({ limit_size_total_mime: 2 ** 40 });
  expect(refused).toMatchObject({
    status: 403,
    body: {
      error: {
        type: "forbidden_access",
        message: expect.stringMatching(/limit_size_total_mime exceeds plan maximum of \d+/),
      },
    },
  });
});
