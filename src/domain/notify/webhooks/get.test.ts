import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type CreateWebhook, createWebhook, getWebhook, getWebhookHeaders } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const plain: CreateWebhook = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
};

it("an endpoint is read as it was made, with its secret, and its headers by their names", async () => {
  const { token } = await t.seed.tenant();
  const made = await t.run(token, createWebhook, {}, { ...plain, headers: { "X-One": "1" } });
  expect(await t.run(token, getWebhook, {}, { id: made.id })).toEqual(made);
  expect(await t.run(token, getWebhookHeaders, {}, { id: made.id })).toEqual(["X-One"]);
  const bare = await t.run(token, createWebhook, {}, plain);
  expect(await t.run(token, getWebhookHeaders, {}, { id: bare.id })).toEqual([]);
  expect(bare.secret).not.toBe(made.secret);
});

it("another pod's, one that is not there, and what is no id are the same not found", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const { id } = await t.run(other.token, createWebhook, {}, { ...plain, headers: { "X-One": "1" } });
  for (const operation of [getWebhook, getWebhookHeaders]) {
    const absent = await t.refusal(own.token, operation, {}, { id: crypto.randomUUID() });
    expect(absent.code).toBe("object.not_found");
    for (const named of [id, "nonsense"])
      expect(await t.refusal(own.token, operation, {}, { id: named })).toEqual(absent);
  }
});
