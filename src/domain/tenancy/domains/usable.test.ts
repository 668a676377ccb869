import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createInbox } from "../inboxes/index.ts";
import { createDomain, updateDomain } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const verify = (domain: string) =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("domains")
      .set({ status: "VERIFIED" })
      .where("domain", "=", domain)
      .execute(),
  );
const addressOn = async (token: string, domain: string): Promise<string> =>
  (await t.run(token, createInbox, {}, { domain })).address;
const refusalOf = (token: string, domain: string) => t.refusal(token, createInbox, {}, { domain });

it("inboxes on a custom domain need it verified, and belonging to their pod or to the whole organization", async () => {
  const [pod, other] = [await t.seed.pod(), await t.seed.pod()];
  const { token: owner } = await t.seed.key({ pod });
  const { token: stranger } = await t.seed.key({ pod: other });
  await t.run(t.rootToken, createDomain, { pod }, { domain: "pod.example" });
  await t.run(t.rootToken, createDomain, {}, { domain: "all.example" });
  for (const domain of ["pod.example", "all.example", "absent.example"])
    expect((await refusalOf(owner, domain)).code, domain).toBe("domain.not_verified");
  await verify("pod.example");
  await verify("all.example");
  expect(await addressOn(owner, "Pod.example")).toMatch(/@pod\.example$/);
  expect(await addressOn(owner, "all.example")).toMatch(/@all\.example$/);
  expect(await addressOn(t.rootToken, "all.example")).toMatch(/@all\.example$/);
  const foreign = await refusalOf(stranger, "pod.example");
  const absent = await refusalOf(stranger, "gone.example");
  expect(foreign.code).toBe("domain.not_verified");
  // Another tenant's domain reads like one that does not exist.
  expect(JSON.stringify(foreign.details).replaceAll("pod.example", "gone.example")).toBe(
    JSON.stringify(absent.details),
  );
  expect((await refusalOf(t.rootToken, "pod.example")).code).toBe("domain.not_verified");
});

it("inboxes may be below a domain only when it allows subdomains", async () => {
  const pod = await t.seed.pod();
  const { token } = await t.seed.key({ pod });
  await t.run(token, createDomain, {}, { domain: "parent.example" });
  await verify("parent.example");
  expect((await refusalOf(token, "a.parent.example")).code).toBe("domain.subdomains_disabled");
  await t.run(token, updateDomain, {}, { domain: "parent.example", subdomainsEnabled: true });
  expect(await addressOn(token, "a.b.parent.example")).toMatch(/@a\.b\.parent\.example$/);
  expect((await refusalOf(token, "notparent.example")).code).toBe("domain.not_verified");
});

it("a name that another tenant has verified is not to be used by who has verified what is above it", async () => {
  const [above, below] = [await t.seed.tenant(), await t.seed.tenant()];
  await t.run(above.token, createDomain, {}, { domain: "held.example", subdomainsEnabled: true });
  await t.run(below.token, createDomain, {}, { domain: "team.held.example", subdomainsEnabled: true });
  await verify("held.example");
  await verify("team.held.example");
  for (const domain of ["team.held.example", "a.team.held.example"])
    expect((await refusalOf(above.token, domain)).code, domain).toBe("domain.not_verified");
  expect(await addressOn(above.token, "other.held.example")).toMatch(/@other\.held\.example$/);
  expect(await addressOn(below.token, "a.team.held.example")).toMatch(/@a\.team\.held\.example$/);
});
