import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, getZoneFile } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a zone file holds every record, a long text in strings of 255 octets at most (RFC 1035 section 3.3)", async () => {
  const input = { domain: "zone.example", subdomainsEnabled: true, trackingEnabled: true };
  const { records } = await t.run(t.rootToken, createDomain, {}, input);
  const zone = await t.run(t.rootToken, getZoneFile, {}, { domain: "ZONE.example" });
  expect(zone.domain).toBe("zone.example");
  const lines = zone.text.split("\n").filter((line) => / IN (TXT|MX|CNAME) /.test(line));
  expect(lines).toHaveLength(records.length);
  const key = lines.find((line) => line.includes("_domainkey")) ?? "";
  const strings = [...key.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
  expect(Math.max(...strings.map((text) => text.length))).toBeLessThanOrEqual(255);
  expect(strings.join("")).toBe(records[0]?.value);
});
