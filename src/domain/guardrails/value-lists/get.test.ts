import { afterAll, beforeAll, expect, it } from "vitest";
import { nameInRule } from "../../../../test/support/rules.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { addListItems, createValueList, getValueList } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const make = async () => (await t.run(t.rootToken, createValueList, {}, { name: "L", type: "domain" })).id;

it("shows keys of a pod or inbox the lists that the pod's rules name, and others as absent", async () => {
  const [named, other] = [await make(), await make()];
  await t.run(t.rootToken, addListItems, {}, { id: named, items: ["a.example"] });
  const { pod, token } = await t.seed.tenant();
  await nameInRule(t, pod, named);
  const inbox = await t.seed.inbox(pod);
  const { token: inboxToken } = await t.seed.key({ inbox: inbox.address });
  for (const by of [token, inboxToken]) {
    expect(await t.run(by, getValueList, {}, { id: named })).toMatchObject({ id: named, itemsCount: 1 });
    const absent = await t.refusal(by, getValueList, {}, { id: crypto.randomUUID() });
    expect(absent.code).toBe("object.not_found");
    expect(await t.refusal(by, getValueList, {}, { id: other })).toEqual(absent);
  }
});

it("of an id that is none is not found", async () => {
  expect((await t.refusal(t.rootToken, getValueList, {}, { id: "nonsense" })).code).toBe("object.not_found");
});
