import { afterAll, beforeAll, expect, it } from "vitest";
import { type DomainRecords, openDomainRecords, publish } from "../../../../test/support/domain-records.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, type DescribedDomain, getDomain, rotateDkimKeys, verifyDomain } from "./index.ts";

const DAY_MS = 24 * 3_600_000;

let t: TestDoor;
let internet: DomainRecords;
beforeAll(async () => {
  t = await openTestDoor();
  internet = await openDomainRecords(t);
});
afterAll(async () => {
  internet.close();
  await t.close();
});

/** State and name of each key's record, in order. */
const keysOf = ({ records }: DescribedDomain): (readonly [string, string])[] =>
  records.flatMap(({ keyState, name }) => (keyState === null ? [] : [[keyState, name] as const]));

it("a new key signs once its record is seen, and the record of the old one is listed until what it signed is out", async () => {
  const { token } = await t.seed.tenant();
  const verify = (by: string) => internet.run(by, verifyDomain, {}, { domain: "rotated.example" });
  const made = await internet.run(token, createDomain, {}, { domain: "rotated.example" });
  publish(internet.zone, made);
  await verify(token);
  const [rotated, again] = [
    await internet.run(token, rotateDkimKeys, {}, { domain: "rotated.example" }),
    await internet.run(token, rotateDkimKeys, {}, { domain: "rotated.example" }),
  ];
  expect(keysOf(rotated).map(([state]) => state)).toEqual(["active", "active", "next", "next"]);
  expect(keysOf(again)).toEqual(keysOf(rotated));
  expect((await verify(token)).status).toBe("VERIFIED");
  expect(keysOf(await internet.run(token, getDomain, {}, { domain: "rotated.example" }))).toEqual(
    keysOf(rotated),
  );
  publish(internet.zone, rotated);
  const turned = await verify(token);
  expect(turned.status).toBe("VERIFIED");
  const [first, second, third, fourth] = keysOf(rotated).map(([, name]) => name);
  expect(keysOf(turned)).toEqual([
    ["active", third],
    ["active", fourth],
    ["retiring", first],
    ["retiring", second],
  ]);
  internet.later(9 * DAY_MS);
  expect(keysOf(await verify(token))).toEqual([
    ["active", third],
    ["active", fourth],
  ]);
});

it("another pod's domain is not found, as one that is not there, and gets no keys; nor does a pod's key change the organization's", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  await t.run(other.token, createDomain, {}, { domain: "theirs.example" });
  await t.run(t.rootToken, createDomain, {}, { domain: "whole.example" });
  const rotate = (domain: string) => t.refusal(own.token, rotateDkimKeys, {}, { domain });
  const absent = await rotate("nobody.example");
  expect(absent.code).toBe("object.not_found");
  for (const domain of ["theirs.example", "whole.example"]) {
    expect(await rotate(domain), domain).toEqual(absent);
    const found = await t.run(t.rootToken, getDomain, {}, { domain });
    expect(keysOf(found).map(([state]) => state)).toEqual(["active", "active"]);
  }
});
