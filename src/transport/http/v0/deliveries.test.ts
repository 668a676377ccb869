import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

test("deliveries, the queue, a pod's standing and its rates are read under their names of the wire", async () => {
  const { podId } = await app.client().pods.create({});
  const { inboxId } = await app.client().pods.inboxes.create(podId, { username: "wire" });
  const { messageId } = await app.client().inboxes.messages.send(inboxId, {
    to: ["a@outside.test", "b@outside.test"],
    text: "Hi",
  });
  const list = `/v0/inboxes/${encodeURIComponent(inboxId)}/deliveries?domain=outside.test&state=captured`;
  await eventually("it is captured", async () => (await app.request("GET", list)).body["count"] === 1);
  const { body } = await app.request("GET", list);
  const delivery = {
    ...{ organization_id: expect.any(String), pod_id: podId, inbox_id: inboxId, message_id: messageId },
    ...{ domain: "outside.test", state: "captured", attempts: 1, doubts: 0 },
    recipients: [
      { address: "a@outside.test", state: "captured", reply: "kept here: ROOKERY_OUTBOUND=capture" },
      { address: "b@outside.test", state: "captured", reply: "kept here: ROOKERY_OUTBOUND=capture" },
    ],
    detail: "kept here: ROOKERY_OUTBOUND=capture",
    ...{ delivery_id: expect.any(String), created_at: expect.any(String), updated_at: expect.any(String) },
  };
  expect(body).toEqual({ count: 1, deliveries: [delivery] });
  const [{ delivery_id: id }] = body["deliveries"] as [{ delivery_id: string }];
  expect((await app.request("GET", `/v0/deliveries/${id}`)).body).toEqual(delivery);
  expect((await app.request("POST", `/v0/pods/${podId}/deliveries/${id}/retry`)).status).toBe(409);
  expect((await app.request("GET", "/v0/queue")).body).toEqual({ count: 0, domains: [] });
  expect((await app.request("GET", `/v0/pods/${podId}/sending`)).body).toEqual({
    ...{ pod_id: podId, status: "good", sent: 0, bounced: 0, complained: 0 },
    ...{ bounce_rate: null, complaint_rate: null },
  });
  const rates = await app.request(
    "GET",
    `/v0/pods/${podId}/metrics/rates?rate_types=["bounce"]&period=86400`,
  );
  expect(rates.body).toEqual({
    bounce: [
      { timestamp: expect.any(String), rate: null, sent: 0 },
      { timestamp: expect.any(String), rate: null, sent: 0 },
    ],
  });
});
