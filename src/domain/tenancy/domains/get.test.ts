import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain, deleteDomain, getDomain, getZoneFile, listDomains, updateDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a domain is not found by a pod that it does not belong to, whatever is asked of it", async () => {
  const [pod, other] = [await t.seed.pod(), await t.seed.pod()];
  const { token: stranger } = await t.seed.key({ pod: other });
  const owned = await t.run(t.rootToken, createDomain, { pod }, { domain: "owned.example" });
  await t.run(t.rootToken, createDomain, {}, { domain: "shared.example" });
  const domainsOf = async (token: string): Promise<string[]> =>
    (await t.run(token, listDomains, {}, firstPage)).items.map(({ domain }) => domain);
  for (const domain of ["owned.example", "shared.example", "absent.example"]) {
    const refusals = [
      await t.refusal(stranger, getDomain, {}, { domain }),
      await t.refusal(stranger, getZoneFile, {}, { domain }),
      await t.refusal(stranger, updateDomain, {}, { domain, trackingEnabled: true }),
      await t.refusal(stranger, deleteDomain, {}, { domain }),
    ];
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: "object.not_found", message: "Domain not found" });
  }
  expect(await domainsOf(stranger)).toEqual([]);
  expect((await domainsOf(t.rootToken)).toSorted()).toEqual(["owned.example", "shared.example"]);
  expect(await t.run(t.rootToken, getDomain, {}, { domain: "owned.example" })).toEqual(owned);
});
