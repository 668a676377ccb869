import { afterAll, beforeAll, expect, it } from "vitest";
import { attachRules, makeRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getRule } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("shows keys of a pod or inbox the rules that the pod has attached, and others as absent", async () => {
  const [attached, other] = [await makeRule(t), await makeRule(t)];
  const { pod, token } = await t.seed.tenant();
  const { address } = await t.seed.inbox(pod);
  await attachRules(t, pod, [attached]);
  const { token: inboxToken } = await t.seed.key({ inbox: address });
  for (const by of [token, inboxToken]) {
    expect(await t.run(by, getRule, {}, { id: attached.id })).toEqual(attached);
    const absent = await t.refusal(by, getRule, {}, { id: crypto.randomUUID() });
    expect(absent.code).toBe("object.not_found");
    expect(await t.refusal(by, getRule, {}, { id: other.id })).toEqual(absent);
  }
});

it("of an id that is none is not found", async () => {
  expect((await t.refusal(t.rootToken, getRule, {}, { id: "nonsense" })).code).toBe("object.not_found");
});
