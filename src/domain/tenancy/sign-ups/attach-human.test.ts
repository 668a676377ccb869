import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { organizationActor } from "../../door/access/index.ts";
import { attachHuman, makeCode, signUp, verifySignUp } from "./index.ts";
import { MAX_HUMANS_REPLACED } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function agent(username: string) {
  const actor = organizationActor("sign-up", t.parts.lent.newId());
  const { secret } = await t.run(actor, signUp, {}, { username, network: null });
  const attach = (humanEmail: string) => t.run(secret, attachHuman, {}, { humanEmail });
  const refused = async (humanEmail: string) =>
    (await t.refusal(secret, attachHuman, {}, { humanEmail })).code;
  return { secret, attach, refused, make: () => t.run(actor, makeCode, {}, undefined) };
}

it("another human makes the code of the one before worthless; the same one again does not", async () => {
  const { secret, attach, make } = await agent("named");
  expect(await make()).toBeNull();
  expect(await attach(" Ada@Outside.test ")).toEqual({ humanEmail: "ada@outside.test" });
  const first = await make();
  expect(first?.humanEmail).toBe("ada@outside.test");
  await attach("eve@outside.test");
  const code = first?.code ?? "";
  expect(await t.run(secret, verifySignUp, {}, { code })).toMatchObject({ isVerified: false });
  const second = await make();
  expect(second?.humanEmail).toBe("eve@outside.test");
  await attach("EVE@outside.test");
  expect(await t.run(secret, verifySignUp, {}, { code: second?.code ?? "" })).toEqual({ isVerified: true });
});

it("a human is replaced a few times and no more, and may then still be named again", async () => {
  const { attach, refused } = await agent("fickle");
  for (let n = 0; n <= MAX_HUMANS_REPLACED; n++) await attach(`human-${n}@outside.test`);
  expect(await refused("one-more@outside.test")).toBe("object.conflict");
  await attach(`human-${MAX_HUMANS_REPLACED}@outside.test`);
});

it("nobody is named who has an organization, and in none that is verified or that the operator made", async () => {
  const [own, other] = [await agent("own"), await agent("other")];
  await own.attach("taken@outside.test");
  expect(await other.refused("taken@outside.test")).toBe("human.taken");
  expect(await other.refused("agent@rookery.localhost")).toBe("input.invalid");
  const made = await own.make();
  await t.run(own.secret, verifySignUp, {}, { code: made?.code ?? "" });
  expect(await own.refused("another@outside.test")).toBe("permission.missing");
  const operators = await t.refusal(t.rootToken, attachHuman, {}, { humanEmail: "new@outside.test" });
  expect(operators.code).toBe("permission.missing");
});
