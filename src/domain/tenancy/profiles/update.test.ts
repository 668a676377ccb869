import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteInbox } from "../inboxes/index.ts";
import { getProfile, resetConnector, updateProfile } from "./index.ts";
import { MAX_KEPT_BYTES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const kept = async () => (await t.run(t.rootToken, getProfile, {}, undefined)).kept;

it("each part is replaced as a whole, and those that are not given stay", async () => {
  await t.run(t.rootToken, updateProfile, {}, { branding: { name: "A", color: "red" } });
  await t.run(t.rootToken, updateProfile, {}, { idpSettings: { on: true } });
  await t.run(t.rootToken, updateProfile, {}, { branding: { name: "B" } });
  expect(await kept()).toEqual({ branding: { name: "B" }, idpSettings: { on: true } });
});

it("a part that is too large is refused, with the others of the same request", async () => {
  const before = await kept();
  const large = { text: "x".repeat(MAX_KEPT_BYTES) };
  expect(await t.refusal(t.rootToken, updateProfile, {}, { branding: {}, idpSettings: large })).toMatchObject(
    { code: "input.invalid", details: { path: ["idpSettings"] } },
  );
  expect(await kept()).toEqual(before);
});

it("the connector is forgotten when no inbox is left that it stands for, and nothing else with it", async () => {
  await t.run(t.rootToken, updateProfile, {}, { connectorName: "Mail", branding: { name: "C" } });
  const { address: inbox } = await t.seed.inbox();
  expect((await t.refusal(t.rootToken, resetConnector, {}, undefined)).code).toBe("object.in_use");
  expect(await kept()).toMatchObject({ connectorName: "Mail" });
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await t.run(t.rootToken, resetConnector, {}, undefined);
  expect(await kept()).toMatchObject({ branding: { name: "C" } });
  expect(await kept()).not.toHaveProperty("connectorName");
});
