import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createInbox, getInbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("is read as it was made, by its address in any case or by its id, by each key that reaches it", async () => {
  const { pod, token } = await t.seed.tenant();
  const input = {
    username: "Agent.Seven",
    displayName: "Seven",
    metadata: { plan: "gold" },
    clientId: "seven",
  };
  const made = await t.run(token, createInbox, {}, input);
  expect(made).toMatchObject({ podId: pod, address: "agent.seven@rookery.localhost", displayName: "Seven" });
  const own = await t.seed.key({ inbox: made.address });
  for (const by of [t.rootToken, token, own.token])
    for (const inbox of [made.address, made.address.toUpperCase(), { id: made.id }])
      expect(await t.run(by, getInbox, { inbox }, undefined)).toEqual(made);
});

it("of another pod is not found, as one that is not there", async () => {
  const { pod, token } = await t.seed.tenant();
  const [own, beside, other] = [await t.seed.inbox(pod), await t.seed.inbox(pod), await t.seed.inbox()];
  const { token: narrow } = await t.seed.key({ inbox: own.address });
  const get = (by: string, inbox: string) => t.refusal(by, getInbox, { inbox }, undefined);
  const absent = await get(token, "nobody@rookery.localhost");
  expect(absent.code).toBe("inbox.not_found");
  expect(await get(token, other.address)).toEqual(absent);
  expect(await get(narrow, beside.address)).toEqual(await get(narrow, "nobody@rookery.localhost"));
});
