import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, getDomain, updateDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a domain is not started until its records are looked up, and asks for more records with more switches", async () => {
  const pod = await t.seed.pod();
  await t.run(t.rootToken, createDomain, { pod }, { domain: "life.example" });
  const named = { domain: "Life.example" };
  const namesOf = async (): Promise<string[]> =>
    (await t.run(t.rootToken, getDomain, { pod }, named)).records.map(({ name }) => name);
  expect((await t.run(t.rootToken, getDomain, { pod }, named)).domain.status).toBe("NOT_STARTED");
  expect(await namesOf()).not.toContain("*.life.example");
  expect(await t.refusal(t.rootToken, updateDomain, { pod }, named)).toMatchObject({
    code: "input.invalid",
    details: { path: [] },
  });
  const updated = await t.run(t.rootToken, updateDomain, { pod }, { ...named, subdomainsEnabled: true });
  expect(updated.records.map(({ name }) => name)).toContain("*.life.example");
  expect(updated.domain).toMatchObject({ subdomainsEnabled: true, trackingEnabled: false });
  expect(await namesOf()).toContain("*.life.example");
});
