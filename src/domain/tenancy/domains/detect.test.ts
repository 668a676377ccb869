import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, detectHost, trustDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const isHosted = async (token: string, address: string) =>
  (await t.run(token, detectHost, {}, { address })).isHosted;

it("an address is ours on the server's domain, and on one that the caller's inboxes may have", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  for (const [at, domain] of [
    [{ pod: own.pod }, "own.example"],
    [{}, "shared.example"],
  ] as const) {
    await t.run(t.rootToken, createDomain, at, { domain });
    expect(await isHosted(own.token, `a@${domain}`)).toBe(false);
    await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  }
  for (const address of ["a@rookery.localhost", "A@Own.example", "b@shared.example"])
    expect(await isHosted(own.token, address), address).toBe(true);
  expect(await isHosted(own.token, "a@elsewhere.example")).toBe(false);
  // As little as a domain that nobody here has.
  expect(await isHosted(other.token, "a@own.example")).toBe(false);
  expect(await isHosted(t.rootToken, "a@own.example")).toBe(true);
});

it("what is no address is refused", async () => {
  for (const address of ["", "own.example", "a@", "@own.example"])
    expect(await t.refusal(t.rootToken, detectHost, {}, { address })).toMatchObject({
      ...{ code: "input.invalid", details: { path: ["address"] } },
    });
});
