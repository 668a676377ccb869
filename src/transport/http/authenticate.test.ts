import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

const WITHOUT = 'Bearer realm="rookery"';
const WRONG = 'Bearer realm="rookery", error="invalid_token"';
const wrong = `am_us_${"0".repeat(64)}`;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const webSocket = {
  ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Status and challenge of the answer. */
const ask = (path: string, headers: Record<string, string> = {}) =>
  new Promise((resolve, reject) => {
    request(new URL(path, app.baseUrl), { headers })
      .on("response", (answer) => {
        answer.resume();
        resolve([answer.statusCode, answer.headers["www-authenticate"]]);
      })
      .on("error", reject)
      .end();
  });

test("a 401 of either dialect and of what stands beside them names the scheme to use, and nothing else does", async () => {
  for (const path of ["/v0/inboxes", "/v3/grants", "/v0/inboxes/x@y.test/messages"])
    expect(await ask(path), path).toEqual([401, WITHOUT]);
  expect(await ask("/v3/grants", bearer(wrong))).toEqual([401, WRONG]);
  expect(await ask("/metrics", { via: "x" })).toEqual([401, WITHOUT]);
  expect(await ask("/v0", webSocket)).toEqual([401, WITHOUT]);
  expect(await ask("/v0/inboxes", bearer(wrong))).toEqual([403, undefined]);
  expect(await ask("/v0/inboxes", bearer(app.rootKey))).toEqual([200, undefined]);
  expect(await ask("/nothing")).toEqual([404, undefined]);
});

test("a body that may be large is not read for a key that is refused whatever is in it, and is for another", async () => {
  const client = app.client();
  const { podId } = await client.pods.create({});
  const { apiKey: ofPod } = await client.pods.apiKeys.create(podId, { name: "of a pod" });
  const { inboxId } = await client.pods.inboxes.create(podId, {});
  const reader = await client.pods.apiKeys.create(podId, {
    name: "reader",
    permissions: { messageRead: true },
  });
  const post = (path: string, key: string) => app.request("POST", path, { key, body: "no JSON" });
  const send = `/v0/inboxes/${inboxId}/messages/send`;
  expect(await post("/v0/fleet/plan", ofPod)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect(await post("/v0/fleet/plan", app.rootKey)).toMatchObject({ status: 400 });
  expect(await post(send, reader.apiKey)).toMatchObject({
    status: 403,
    body: { code: "missing_permission" },
  });
  expect(await post(send, ofPod)).toMatchObject({ status: 400 });
});
