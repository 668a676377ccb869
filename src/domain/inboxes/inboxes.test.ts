import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { apiKeyRoutes } from "../../transport/http/v0/api-keys.ts";
import { inboxRoutes } from "../../transport/http/v0/inboxes.ts";
import { podRoutes } from "../../transport/http/v0/pods.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor([...podRoutes, ...inboxRoutes, ...apiKeyRoutes]);
});
afterAll(async () => {
  await t.close();
});

test("names that speak for the shared domain are the operator's: no tenant's key takes one, however it is written", async () => {
  const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
  const key = await t.call(t.rootToken, "pods.apiKeys.create", { params: { pod_id: pod } });
  const tenant = String(key.body["api_key"]);
  const create = (token: string, username: string) => t.call(token, "inboxes.create", { body: { username } });
  for (const username of ["postmaster", "Admin", "WEBMASTER", "hostmaster", "administrator", "abuse", "root"])
    expect(await create(tenant, username)).toMatchObject({
      status: 403,
      body: {
        code: "already_exists",
        fix: expect.stringContaining("choose another"),
        suggestions: expect.any(Array),
      },
    });
  expect((await create(tenant, "postmaster-acme")).status).toBe(200);
  expect((await create(t.rootToken, "postmaster")).status).toBe(200);
});
