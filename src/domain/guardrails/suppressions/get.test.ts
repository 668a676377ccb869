import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createSuppression, getSuppression } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("is found however its address is written", async () => {
  const at = { pod: await t.seed.pod() };
  const made = await t.run(t.rootToken, createSuppression, at, {
    address: "Ada@M\u00fcller.test",
    reason: "x",
  });
  for (const address of ["ADA@m\u00fcller.test", "ada@xn--mller-kva.test"])
    expect(await t.run(t.rootToken, getSuppression, at, { address })).toEqual(made);
});

it("of another pod, of nobody and of what is no address are the same not found", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.pod()];
  await t.run(t.rootToken, createSuppression, { pod: other }, { address: "theirs@x.test" });
  const get = (pod: string, address: string) => t.refusal(own.token, getSuppression, { pod }, { address });
  const absent = await get(own.pod, "nobody@x.test");
  expect(absent.code).toBe("object.not_found");
  for (const address of ["theirs@x.test", "x.test", ""])
    expect(await get(own.pod, address), address).toEqual(absent);
  expect((await get(other, "theirs@x.test")).code).toBe("pod.not_found");
});
