import { afterAll, beforeAll, expect, it } from "vitest";
import { apply, confirm, fleetOf, linesOf, podOf, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { whoAmI } from "../../tenancy/api-keys/index.ts";
import { getPod } from "../../tenancy/pods/index.ts";
import { MAX_FLEET_SLUGS } from "../limits.ts";
import { type OffboardTenants, offboardTenants } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("works on the very next request, and says what it did not find", async () => {
  const lines = await apply(t, wanted(fleetOf("off", ["a"])));
  await confirm(t, lines);
  const [key] = linesOf(lines, "secret");
  const token = key?.secret.secret ?? "";
  expect(await t.run(token, whoAmI, {}, undefined)).toMatchObject({ level: "pod" });
  const off = () => t.run(t.rootToken, offboardTenants, {}, { tenants: ["off-a", "nobody"], now: false });
  const first = await off();
  expect(first.applied.map(({ action, name }) => `${action} ${name}`)).toEqual(["suspend off-a"]);
  expect(first.failures.map(({ slug, failure }) => [slug, failure.code])).toEqual([
    ["nobody", "object.not_found"],
  ]);
  expect((await t.refusal(token, whoAmI, {}, undefined)).code).toBe("pod.suspended");
  expect(await off()).toMatchObject({ applied: [], unchanged: 1 });
});

it("deletes at once what is to go now, its keys with it, and nobody else", async () => {
  const lines = await apply(t, wanted(fleetOf("now", ["a", "b"])));
  await confirm(t, lines);
  const [key] = linesOf(lines, "secret");
  const pod = await podOf(t, "now-a");
  const asked = { tenants: ["now-a", "now-a"], now: true };
  const gone = await t.run(t.rootToken, offboardTenants, {}, asked);
  expect(gone.applied.map(({ action, name }) => `${action} ${name}`)).toEqual(["delete now-a"]);
  expect(gone).toMatchObject({ failures: [], unchanged: 0 });
  expect((await t.refusal(t.rootToken, getPod, { pod }, undefined)).code).toBe("pod.not_found");
  expect((await t.refusal(key?.secret.secret ?? "", whoAmI, {}, undefined)).code).toBe("auth.unknown_key");
  expect(
    (await t.run(t.rootToken, getPod, { pod: await podOf(t, "now-b") }, undefined)).suspendedAt,
  ).toBeNull();
});

it("is refused without a slug, with too many, and to a key of a pod, whose own pod stays", async () => {
  const many = Array.from({ length: MAX_FLEET_SLUGS + 1 }, (_, n) => `s${n}`);
  for (const tenants of [[], many]) {
    const input: OffboardTenants = { tenants, now: false };
    expect(await t.refusal(t.rootToken, offboardTenants, {}, input)).toMatchObject({
      code: "input.invalid",
      details: { path: ["tenants"] },
    });
  }
  await confirm(t, await apply(t, wanted(fleetOf("kept", ["a"]))));
  const pod = await podOf(t, "kept-a");
  const { token } = await t.seed.key({ pod });
  expect((await t.refusal(token, offboardTenants, {}, { tenants: ["kept-a"], now: true })).code).toBe(
    "permission.missing",
  );
  expect((await t.run(t.rootToken, getPod, { pod }, undefined)).suspendedAt).toBeNull();
});
