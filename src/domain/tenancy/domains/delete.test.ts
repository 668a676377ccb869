import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, deleteDomain, getDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a deleted domain leaves no row, and its name and client_id are free again", async () => {
  const pod = await t.seed.pod();
  await t.run(t.rootToken, createDomain, { pod }, { domain: "first-life.example", clientId: "life" });
  const named = { domain: "First-Life.example" };
  await t.run(t.rootToken, deleteDomain, { pod }, named);
  expect((await t.refusal(t.rootToken, getDomain, { pod }, named)).code).toBe("object.not_found");
  const rows = await t.behind((tx) =>
    tx.within(systemScope).selectFrom("domains").select("id").where("pod_id", "=", pod).execute(),
  );
  expect(rows).toEqual([]);
  const second = { domain: "second-life.example", clientId: "life" };
  const { domain } = await t.run(t.rootToken, createDomain, { pod }, second);
  expect(domain.domain).toBe("second-life.example");
  const elsewhere = await t.run(t.rootToken, createDomain, {}, named);
  expect(elsewhere.domain).toMatchObject({ domain: "first-life.example", podId: null });
});
