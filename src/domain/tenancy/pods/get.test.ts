import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createInbox } from "../inboxes/index.ts";
import { createPod, getPod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const get = (pod: string) => t.run(t.rootToken, getPod, { pod }, undefined);

it("a pod is found by a client_id that looks like an id, unless a pod has that id", async () => {
  const tenant = crypto.randomUUID();
  const made = await t.run(t.rootToken, createPod, {}, { clientId: tenant });
  expect(await get(tenant)).toEqual(made);
  expect((await t.run(t.rootToken, createInbox, { pod: tenant }, {})).podId).toBe(made.id);
  await t.run(t.rootToken, createPod, {}, { clientId: made.id });
  expect(await get(made.id)).toEqual(made);
  const absent = await t.refusal(t.rootToken, getPod, { pod: crypto.randomUUID() }, undefined);
  expect(absent.code).toBe("pod.not_found");
});

it("a pod's key finds its own pod, and another's no more than one that is not there", async () => {
  const [pod, other] = [await t.seed.pod(), await t.seed.pod()];
  const { token } = await t.seed.key({ pod });
  expect((await t.run(token, getPod, { pod }, undefined)).id).toBe(pod);
  const [foreign, absent] = [
    await t.refusal(token, getPod, { pod: other }, undefined),
    await t.refusal(token, getPod, { pod: crypto.randomUUID() }, undefined),
  ];
  expect(foreign).toEqual(absent);
  expect(foreign.code).toBe("pod.not_found");
});
