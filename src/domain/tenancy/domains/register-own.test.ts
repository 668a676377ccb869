import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getDomain, listDomains, registerOwnDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("the installation's domain is registered with the operator's organization, once, not verified by that", async () => {
  const own = await t.run(t.rootToken, registerOwnDomain, {}, undefined);
  expect(await t.run(t.rootToken, registerOwnDomain, {}, undefined)).toEqual(own);
  expect(own.domain).toMatchObject({ domain: "rookery.localhost", podId: null, status: "NOT_STARTED" });
  expect(own.records.map(({ type }) => type)).toContain("MX");
  const found = await t.run(t.rootToken, getDomain, {}, { domain: "rookery.localhost" });
  expect(found.domain.id).toBe(own.domain.id);
});

it("it is the operator's alone: a pod's key and one with a list of permissions are refused, and nothing is made", async () => {
  const { token } = await t.seed.tenant();
  const listed = await t.seed.key({}, "domain_create", "domain_read");
  const before = await t.run(t.rootToken, listDomains, {}, firstPage);
  expect((await t.refusal(token, registerOwnDomain, {}, undefined)).code).toBe("scope.forbidden");
  expect((await t.refusal(listed.token, registerOwnDomain, {}, undefined)).code).toBe(
    "permission.unrestricted_required",
  );
  expect(await t.run(t.rootToken, listDomains, {}, firstPage)).toEqual(before);
});
