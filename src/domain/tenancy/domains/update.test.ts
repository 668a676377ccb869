import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, getDomain, renameDomain, updateDomain } from "./index.ts";

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

it("a domain that only sends asks for no record of mail to it, and its bounces still come back", async () => {
  const pod = await t.seed.pod();
  const named = { domain: "sends.example" };
  const made = await t.run(t.rootToken, createDomain, { pod }, { ...named, subdomainsEnabled: true });
  const rolesOf = ({ records }: typeof made): string[] => records.map(({ role }) => role);
  expect(made.domain.inboundEnabled).toBe(true);
  expect(rolesOf(made)).toEqual(expect.arrayContaining(["mx", "wildcard", "return-path"]));
  const closed = await t.run(t.rootToken, updateDomain, { pod }, { ...named, inboundEnabled: false });
  expect(closed.domain.inboundEnabled).toBe(false);
  expect(rolesOf(closed)).not.toContain("mx");
  expect(rolesOf(closed)).not.toContain("wildcard");
  expect(rolesOf(closed)).toContain("return-path");
});

it("a domain is renamed for people alone; another pod's is not found, as one that is not there, and keeps its name", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const named = { domain: "named.example" };
  const made = await t.run(own.token, createDomain, {}, named);
  const renamed = await t.run(own.token, renameDomain, {}, { ...named, name: "Our mail" });
  expect(renamed.domain).toEqual({ ...made.domain, name: "Our mail", updatedAt: renamed.domain.updatedAt });
  expect(renamed.records).toEqual(made.records);
  // Without a name it stays.
  expect((await t.run(own.token, renameDomain, {}, named)).domain).toEqual(renamed.domain);
  const rename = (domain: string) => t.refusal(other.token, renameDomain, {}, { domain, name: "Mine" });
  const absent = await rename("nobody.example");
  expect(absent.code).toBe("object.not_found");
  expect(await rename(named.domain)).toEqual(absent);
  expect((await t.run(own.token, getDomain, {}, named)).domain).toEqual(renamed.domain);
});
