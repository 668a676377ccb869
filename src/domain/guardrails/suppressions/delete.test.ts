import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getListEntry } from "../lists/index.ts";
import { createSuppression, deleteSuppression, getSuppression } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("has the pod write to the address again, however it is written, and is done once", async () => {
  const [at, other] = [{ pod: await t.seed.pod() }, { pod: await t.seed.pod() }];
  for (const one of [at, other])
    await t.run(t.rootToken, createSuppression, one, { address: "ada@m\u00fcller.test" });
  const named = { address: "ADA@xn--mller-kva.test" };
  await t.run(t.rootToken, deleteSuppression, at, named);
  for (const gone of [getSuppression, deleteSuppression])
    expect((await t.refusal(t.rootToken, gone, at, named)).code).toBe("object.not_found");
  const entry = { direction: "send", listType: "block", entry: named.address };
  expect((await t.refusal(t.rootToken, getListEntry, at, entry)).code).toBe("object.not_found");
  expect((await t.run(t.rootToken, getSuppression, other, named)).podId).toBe(other.pod);
});

it("of another pod's finds nothing, as of nobody's, and leaves it", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.pod()];
  await t.run(t.rootToken, createSuppression, { pod: other }, { address: "theirs@x.test" });
  const remove = (pod: string, address: string) =>
    t.refusal(own.token, deleteSuppression, { pod }, { address });
  const absent = await remove(own.pod, "nobody@x.test");
  expect(absent.code).toBe("object.not_found");
  expect(await remove(own.pod, "theirs@x.test")).toEqual(absent);
  expect((await remove(other, "theirs@x.test")).code).toBe("pod.not_found");
  const left = await t.run(t.rootToken, getSuppression, { pod: other }, { address: "theirs@x.test" });
  expect(left.address).toBe("theirs@x.test");
});
